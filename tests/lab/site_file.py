"""A site's YAML, as both its agent and the gateway read it."""


def fan_out_lines(ports):
    """`ports`: {serial: PORT or "HOST:PORT"}, or none."""
    if not ports:
        return ""
    entries = "".join(f'    - serial: "{serial}"\n      listen: {listen}\n' for serial, listen in ports.items())
    return f"fan_out:\n  ports:\n{entries}"


def write_site_file(hosting, name, linacs, *, folder=None, key="key", known_hosts="known_hosts", token_file=None,
                    spool="spool", max_bytes="2 GiB", fan_out=None, forwards=()):
    """`linacs`: {serial: "HOST:PORT"}; `fan_out`: {serial: PORT or "HOST:PORT"}; `forwards`: dicts of their keys. The rest matters to
    the site's agent only. Returns the file, in the gateway's
    folder of sites unless another is given."""
    entries = "".join(f'  - serial: "{serial}"\n    address: {address}\n' for serial, address in linacs.items())
    lines = "".join(f"  - {{{', '.join(f'{key}: {value}' for key, value in one.items())}}}\n" for one in forwards)
    file = (folder or hosting.sites) / f"{name}.yaml"
    file.write_text(f"""\
site: {name}
timezone: Australia/Sydney
linacs:{"" if linacs else " []"}
{entries}tunnel:
  host: {hosting.sshd.address}
  port: {hosting.sshd.port}
  user: {hosting.sshd.user}
  key: {key}
  known_hosts: {known_hosts}
  gateway: 127.0.0.1:{hosting.ingest_port}
  token_file: {token_file or name + ".token"}
spool:
  directory: {spool}
  max_bytes: {max_bytes}
forwards:{"" if forwards else " []"}
{lines}{fan_out_lines(fan_out)}""")
    return file
