# lib/io: sockets, the event loop, messages between daemons, streams and TLS.
lib_libbuzon_a_SOURCES += \
	lib/io/loop.c lib/io/loop.h \
	lib/io/socket.c lib/io/socket.h
