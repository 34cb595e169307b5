"""Avatars for other runtimes, and back: .pth, .onnx, .trt, .mindir; all of them begin at its graphs.

Nothing here knows which renderer the graphs hold: what it takes is `reference` and `decoder` as
`ims_avatar.inference.engines.graphs` runs them.
"""
