"""Where faces are in a picture and what they do: landmarks by MediaPipe's face models, and what follows from them.

Needs the extra `vision`, and the model files of the package `mediapipe`, which is not imported (see `models`).
"""
