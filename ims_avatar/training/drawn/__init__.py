"""Drawn people: their pictures, and the renderers of those that are shipped."""
