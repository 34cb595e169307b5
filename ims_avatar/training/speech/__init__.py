"""Sound to lips: corpora, the audio encoder, and its adaptation to one voice."""
