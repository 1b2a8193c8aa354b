"""Hosts that are killed, cut off and filled up by a seeded schedule; then every frame is accounted for. docs/chaos.md."""
