"""Shipped peer profiles: one YAML file per kind of peer; README.md documents every field."""
