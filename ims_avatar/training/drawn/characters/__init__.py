"""Characters drawn by ourselves: the truth that renderers are trained on and measured against. Needs skia-python."""
