# lib/io: sockets, the event loop, messages between daemons, streams and TLS.
lib_libbuzon_a_SOURCES += \
	lib/io/deflate.c lib/io/deflate.h \
	lib/io/hostname.c lib/io/hostname.h \
	lib/io/ipc.c lib/io/ipc.h lib/io/ipc_internal.h lib/io/ipc_pack.c \
	lib/io/ipc_decode.c lib/io/ipc_encode.c lib/io/ipc_codec.h \
	lib/io/ipc_receive.c lib/io/ipc_send.c \
	lib/io/loop.c lib/io/loop.h \
	lib/io/socket.c lib/io/socket.h lib/io/socket_address.c \
	lib/io/stream.c lib/io/stream.h lib/io/stream_internal.h \
	lib/io/stream_read.c lib/io/stream_write.c \
	lib/io/timed_fd.c lib/io/timed_fd.h \
	lib/io/tls.c lib/io/tls.h lib/io/tls_internal.h \
	lib/io/tls_context.c \
	lib/io/tls_describe.c \
	lib/io/proxy_protocol.c lib/io/proxy_protocol.h \
	lib/io/tls_key.c lib/io/tls_peer.c lib/io/tls_key.h

check_PROGRAMS += t/unit/io_deflate_test
UNIT_TESTS += t/unit/io_deflate_test
t_unit_io_deflate_test_SOURCES = t/unit/io_deflate_test.c
t_unit_io_deflate_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_hostname_test
UNIT_TESTS += t/unit/io_hostname_test
t_unit_io_hostname_test_SOURCES = t/unit/io_hostname_test.c
t_unit_io_hostname_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_ipc_test
UNIT_TESTS += t/unit/io_ipc_test
t_unit_io_ipc_test_SOURCES = t/unit/io_ipc_test.c
t_unit_io_ipc_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_stream_test
UNIT_TESTS += t/unit/io_stream_test
t_unit_io_stream_test_SOURCES = t/unit/io_stream_test.c
t_unit_io_stream_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_tls_test
UNIT_TESTS += t/unit/io_tls_test
t_unit_io_tls_test_SOURCES = t/unit/io_tls_test.c
t_unit_io_tls_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_loop_test t/unit/io_socket_test
UNIT_TESTS += t/unit/io_loop_test t/unit/io_socket_test
t_unit_io_loop_test_SOURCES = t/unit/io_loop_test.c
t_unit_io_loop_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_io_socket_test_SOURCES = t/unit/io_socket_test.c
t_unit_io_socket_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/io_proxy_protocol_test
UNIT_TESTS += t/unit/io_proxy_protocol_test
t_unit_io_proxy_protocol_test_SOURCES = t/unit/io_proxy_protocol_test.c
t_unit_io_proxy_protocol_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/io_ipc_fuzz t/fuzz/proxy_protocol_fuzz
FUZZ_TARGETS += t/fuzz/io_ipc_fuzz t/fuzz/proxy_protocol_fuzz
t_fuzz_proxy_protocol_fuzz_SOURCES = t/fuzz/proxy_protocol_fuzz.c
t_fuzz_proxy_protocol_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_io_ipc_fuzz_SOURCES = t/fuzz/io_ipc_fuzz.c
t_fuzz_io_ipc_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
