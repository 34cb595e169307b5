"""Renderers of real faces: any, and one person's own."""
