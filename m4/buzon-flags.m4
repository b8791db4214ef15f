# BUZON_KNOWN_FLAGS(VARIABLE, FLAG...) - append those of the flags to VARIABLE that this compiler knows
AC_DEFUN([BUZON_KNOWN_FLAGS], [
    buzon_saved_CFLAGS=$CFLAGS
    for buzon_flag in $2
    do
        CFLAGS="$buzon_saved_CFLAGS -Werror $buzon_flag"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [$1="$$1 $buzon_flag"])
    done
    CFLAGS=$buzon_saved_CFLAGS
])

# BUZON_WARNINGS - WARNING_CFLAGS: the warnings of the house style that this compiler knows
AC_DEFUN([BUZON_WARNINGS], [
    WARNING_CFLAGS=
    BUZON_KNOWN_FLAGS([WARNING_CFLAGS], [-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wwrite-strings \
        -Wpointer-arith -Wcast-qual -Wvla -Wundef -Wimplicit-fallthrough -Wdate-time -Wlogical-op \
        -Wduplicated-cond])
    AC_SUBST([WARNING_CFLAGS])
])

# BUZON_HARDENING - HARDENING_CFLAGS, _CPPFLAGS and _LDFLAGS: what every program is built with. A level of
# _FORTIFY_SOURCE that whoever builds has chosen is left to him.
AC_DEFUN([BUZON_HARDENING], [
    HARDENING_CFLAGS="-fstack-protector-strong -fPIE"
    BUZON_KNOWN_FLAGS([HARDENING_CFLAGS], [-ftrivial-auto-var-init=zero])
    HARDENING_LDFLAGS="-pie -Wl,-z,relro,-z,now"
    AS_CASE(["$CPPFLAGS $CFLAGS"],
        [*_FORTIFY_SOURCE*], [HARDENING_CPPFLAGS=],
        [HARDENING_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
])
