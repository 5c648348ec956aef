"""Form definitions as data: validation and display, without pages or databases."""
