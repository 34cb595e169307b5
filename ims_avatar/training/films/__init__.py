"""Films of people: looked at, checked, and cut into what renderers learn from."""
