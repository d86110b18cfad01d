"""Processing of stored media: pictures, audio and video (protocol.md 9.5 and 9.6).

May import `upgate`, never the other way round. Knows no handler, no environment and no AWS event.
"""
