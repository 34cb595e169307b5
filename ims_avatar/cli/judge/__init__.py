"""What a call was like for the person who saw the avatar, judged from what two phones sent and received.

Everything is measured by content: sound that was sent is looked for in the sound that came, lips in the picture are
compared with the sound beside them. Nothing is taken from the service itself.
"""
