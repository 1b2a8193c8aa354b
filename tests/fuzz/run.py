"""Runs the fuzzers of build/fuzz, two at a time, and says for each what it did.

    tests/fuzz/run.py [--seconds N] [FUZZER...]     30 s each unless said otherwise; ICOM_FUZZ_SECONDS is another way to say it
    tests/fuzz/run.py --shrink [FUZZER...]          takes the best of what earlier runs found new into the corpora

A fuzzer begins with tests/fuzz/corpus and tests/fuzz/found, and writes only below build/fuzz: inputs that reach something new to
finds/, those that break something to broken/. docs/fuzzing.md
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "fuzz"
AT_A_TIME = 2
CORPUS_BYTES = 24_000  # of a fuzzer: all corpora together stay below 300 kB
CORPUS_FILES = 32  # beside the seeds

# Bounds that no input may break: memory of the whole process, of one allocation, and the time of one input.
LIMITS = ["-rss_limit_mb=1024", "-malloc_limit_mb=128", "-timeout=10"]
DICTIONARIES = {"framer": "icom", "items": "icom", "delta_round_trip": "icom", "batches": "icom",
                "site_settings": "settings", "gateway_settings": "settings",
                "enrolment_file": "settings"}
ENVIRONMENT = os.environ | {
    # The small quarantine makes memory be used again, and a fuzzer twice as fast. addr2line comes with the compiler.
    "ASAN_OPTIONS": "quarantine_size_mb=8:malloc_context_size=8:allow_addr2line=1:external_symbolizer_path=/usr/bin/addr2line",
    "UBSAN_OPTIONS": "print_stacktrace=1:external_symbolizer_path=/usr/bin/addr2line",
}


def program(name):
    return BUILD / "bin" / f"fuzz-{name.replace('_', '-')}"


def all_fuzzers():
    return sorted(path.stem for path in HERE.glob("*.cpp") if path.stem not in ("make_corpus", "replay_main"))


def folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def begins_with(name):
    return [path for path in (HERE / "corpus" / name, HERE / "found" / name) if path.is_dir()]


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(name, seconds):
    """Returns whether all was well."""
    broken = folder(BUILD / "broken")
    command = [program(name), folder(BUILD / "finds" / name), *begins_with(name), *LIMITS, f"-max_total_time={seconds}",
               f"-artifact_prefix={broken}/{name}-", "-print_final_stats=1"]
    if name in DICTIONARIES:
        command.append(f"-dict={HERE / 'dictionaries' / DICTIONARIES[name]}.dict")
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=ENVIRONMENT)
    took = time.monotonic() - began
    executions = last(r"number_of_executed_units: (\d+)", done.stderr)
    before = last(r"INITED cov: (\d+)", done.stderr)
    after = last(r"cov: (\d+)", done.stderr)
    memory = last(r"peak_rss_mb: *(\d+)", done.stderr)
    print(f"{name:18} {executions:>10,} executions, {executions / took:>8,.0f}/s in {took:4.0f} s, coverage {after} (+{after - before}), "
          f"{memory} MB", flush=True)
    if done.returncode == 0:
        return True
    lines = [line for line in done.stderr.splitlines() if not re.match(r"#\d+\s|INFO:|\[libprotobuf", line)]
    reproducer = next(iter(re.findall(r"Test unit written to (\S+)", done.stderr)), None)
    print("\n".join(lines[-80:]))
    print(f"tests/fuzz: {name} FAILED. Once more: {program(name)} {reproducer or ' '.join(map(str, command[1:]))}")
    if reproducer:
        print(f"tests/fuzz: mend it, and keep the input as tests/fuzz/found/{name}/<what-it-is>: every build replays it", flush=True)
    return False


def shrink(name):
    """Puts the fewest inputs that together reach all code that was reached into the corpus; seeds stay as they are made."""
    corpus = folder(HERE / "corpus" / name)
    seeds = sorted(corpus.glob("seed-*"))
    with tempfile.TemporaryDirectory() as kept:
        # Merging begins with what is there: the seeds are only added to.
        for seed in seeds:
            shutil.copy(seed, kept)
        subprocess.run([program(name), kept, corpus, folder(BUILD / "finds" / name), "-set_cover_merge=1", "-use_counters=0",
                        "-max_len=4096", *LIMITS],
                       capture_output=True, check=True, env=ENVIRONMENT)
        for old in corpus.iterdir():
            if old not in seeds:
                old.unlink()
        room = CORPUS_BYTES - sum(seed.stat().st_size for seed in seeds)
        new = [path for path in Path(kept).iterdir() if not path.name.startswith("seed-")]
        # Where there are too many, the largest: they reach most.
        for path in sorted(new, key=lambda path: path.stat().st_size, reverse=True)[:CORPUS_FILES]:
            if path.stat().st_size <= room:
                room -= path.stat().st_size
                shutil.copy(path, corpus / path.name[:16])
    files = list(corpus.iterdir())
    print(f"{name:18} {len(files)} files, {sum(file.stat().st_size for file in files)} bytes", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("ICOM_FUZZ_SECONDS", "30")))
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("fuzzers", nargs="*", metavar="FUZZER")
    arguments = parser.parse_args()
    names = arguments.fuzzers or all_fuzzers()
    missing = [name for name in names if not program(name).exists()]
    if missing:
        print(f"tests/fuzz: no {', '.join(str(program(name)) for name in missing)}: "
              "cmake --preset fuzz && cmake --build --preset fuzz", file=sys.stderr)
        return 2
    run = shrink if arguments.shrink else lambda name: fuzz(name, arguments.seconds)
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        good = list(pool.map(run, names))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
