"""What a picture says of itself: headers, EXIF, mean colour (protocol.md 6.2)."""
