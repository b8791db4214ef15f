# lib/base: what every room stands on: memory, octets, errors, the log, time, files.
lib_libbuzon_a_SOURCES += lib/base/base.h \
	lib/base/arena.c \
	lib/base/buf.c lib/base/buf.h \
	lib/base/checked.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/error.c lib/base/error.h \
	lib/base/file.c lib/base/file.h \
	lib/base/hash.c lib/base/hash.h \
	lib/base/log.c lib/base/log.h \
	lib/base/memory.c lib/base/memory.h \
	lib/base/span.c lib/base/span.h \
	lib/base/strlist.c lib/base/strlist.h
