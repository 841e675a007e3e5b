"""The console and the engine in one process: the engine on a thread of ours, the screen free to come and go."""
