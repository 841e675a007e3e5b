"""Campaigns against the real program: processes that are killed, stopped and starved, on real files and sockets."""
