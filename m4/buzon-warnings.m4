# BUZON_WARNINGS - WARNING_CFLAGS: the warnings of the house style that this compiler knows
AC_DEFUN([BUZON_WARNINGS], [
    WARNING_CFLAGS=
    buzon_saved_CFLAGS=$CFLAGS
    for buzon_flag in -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wwrite-strings -Wpointer-arith \
        -Wcast-qual -Wvla -Wundef -Wimplicit-fallthrough -Wdate-time -Wlogical-op -Wduplicated-cond
    do
        CFLAGS="$buzon_saved_CFLAGS -Werror $buzon_flag"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [WARNING_CFLAGS="$WARNING_CFLAGS $buzon_flag"])
    done
    CFLAGS=$buzon_saved_CFLAGS
    AC_SUBST([WARNING_CFLAGS])
])
