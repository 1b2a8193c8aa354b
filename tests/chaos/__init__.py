"""A site or two and the hosting site as separate hosts, disturbed by a seeded schedule; then every frame is accounted for. docs/chaos.md."""
