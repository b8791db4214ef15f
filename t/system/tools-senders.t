#!/bin/sh
# sendmail and buzondrop beside Postfix's: local_login_sender_maps.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap
need_root
cat >"$T/cases" <<'END'
echo x | sendmail -f root@x.test a@b.test
echo x | sendmail -f ROOT@X.TEST a@b.test
echo x | sendmail -f root+a@x.test a@b.test
echo x | sendmail -f x@d.test a@b.test
echo x | sendmail -f x+y@D.test a@b.test
echo x | sendmail -f x@sub.d.test a@b.test
echo x | sendmail -f other@x.test a@b.test
echo x | sendmail -f '<>' a@b.test
echo x | sendmail -f root a@b.test
echo x | sendmail -f bare a@b.test
echo x | sendmail a@b.test
echo x | sendmail -o x -f @d.test a@b.test
END
plan "$(sides_count "$T/cases")"
sides_prepare <<'END'
local_login_sender_maps = inline:{ { root = root@x.test <>,@d.test bare } , { alice = alice }, { uid:4711 = * } }
recipient_delimiter = +
default_transport = retry:4.0.0 later
notify_classes =
END
chmod 755 "$T"
for t_side in ours theirs; do
    printf 'uid=[0-9]*: \t\nbuzondrop\tpostdrop\n(sendmail|postdrop): fatal: ([^ ]*: )?not authorized\tfatal: not authorized\n' >"$T/$t_side/names"
done
sides_start
sides_compare "$T/cases"
sides_stop
