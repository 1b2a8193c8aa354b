"""A loopback laboratory: a real sshd, the real programs, simulated Linacs. Used by the integration tests and by deploy/demo."""
