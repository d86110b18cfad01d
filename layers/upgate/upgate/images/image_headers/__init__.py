"""What a picture's first bytes say, one module for each format; no pixel is ever decoded here.

Written out instead of taken from Pillow because an upload needs the header only: Pillow reads the
whole of a WebP or AVIF file to open it, costs 24 ms to import, and loses the bytes of EXIF values.
"""
