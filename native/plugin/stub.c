/* An empty library that bears a Paddle Lite library's soname. The plugin is linked against it, so that it names the
 * engine as a dependency and the loader finds the one already in the process. Never installed. */
typedef int oarlock_stub_has_no_symbols;
