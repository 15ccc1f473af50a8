"""Redis: the only room that knows key names and Lua. Nothing here decides; it keeps what others decided."""
