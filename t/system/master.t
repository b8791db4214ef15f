#!/bin/sh
# master and the skeleton of its daemons: who runs as whom, limits, reload, failures, stop. The
# daemons are t/daemon/probe under the names of real ones: it does what its client asks.
. "$(dirname "$0")/../lib.sh"
PROBE=${BUZON_BUILD:?make check sets BUZON_BUILD to the build directory}/t/daemon/probe
plan 33

master_cf() {
    cat <<END
$SMTP_PORT inet n - n - 2 smtpd
$SINK_PORT inet n - n - 1 login
$IMAP_PORT inet n - n - 1 login -o max_idle=1
cleanup    unix n - n - 0 cleanup
proxymap   unix - - n - - proxymap
flush      unix n - n - 0 flush
pickup     unix n - n 1 1 pickup
qmgr       unix n - n 300 1 qmgr
rewrite    unix - - n - - trivial-rewrite
nothing    unix - - n - - no-such-program
END
}

# probe 'what holds': a script for t/tool/probe.py on standard input
probe() {
    check "$1" env T="$T" SPOOL="$SPOOL" LOG="$LOG" CONF="$CONF" SMTP_PORT="$SMTP_PORT" \
        SINK_PORT="$SINK_PORT" python3 "$T_SOURCE/tool/probe.py"
}

mkdir "$T/daemons"
for daemon in smtpd login cleanup proxymap pickup qmgr local; do
    ln -s "$PROBE" "$T/daemons/$daemon"
done
ln -s /bin/false "$T/daemons/broken"
ln -s "$BUZON_STAGE/libexec/buzon/master" "$BUZON_STAGE/libexec/buzon/flush" "$T/daemons/"
instance_start <<END
daemon_directory = $T/daemons
service_stop_time = 1h
service_throttle_time = 2s
fast_flush_domains = relay.test
END

# --- start ---------------------------------------------------------------------------------------

probe 'clients are served as soon as start returns' <<'END'
assert Session(SMTP).who()["program"] == "smtpd"
END
check 'status says that it runs' buzon status
log_has 'a service without its program is named' 'service nothing is not offered'
check 'one that buzon does not need is not mentioned' sh -c "! grep -q trivial-rewrite '$LOG'"
probe 'a second start is refused' <<'END'
status, text = buzon("start")
assert status == 1 and "already running" in text, text
END
log_has 'services of the wakeup column are woken up' 'pickup.*woken up: pickup'

# --- who runs as whom ----------------------------------------------------------------------------

if [ $PRIVILEGED = yes ]; then
    probe 'what faces the network is nobody, in an empty directory' <<'END'
who = Session(SMTP).who()
assert (who["uid"], who["gid"], who["groups"], who["root-entries"]) == ("3002", "3002", "0", "2"), who
END
    probe 'it cannot become root again, nor reach a file' <<'END'
session = Session(SMTP)
assert session.ask("regain") == "Operation not permitted"
assert session.ask("cat /etc/passwd") == "No such file or directory"
END
    probe 'master connects it to the services that it needs, and to no other' <<'END'
session = Session(SMTP)
assert session.ask("connect cleanup") == "yes"
assert session.ask("connect proxymap") == "yes"
assert "Permission denied" in session.ask("connect qmgr")
assert "No such file" in session.ask("connect nothing")
assert log_lines('asks for the service "qmgr", which is not for it')
END
    probe 'flush does for it what ETRN needs, and nothing else' <<'END'
session = Session(SMTP)
answers = [session.ask(f"flush {verb}") for verb in range(5)]
assert answers[0] == "2" and answers[1] != "2" and answers[2:] == ["2"] * 3, answers
assert Session("public/cleanup").ask("flush 0") == "0"
END
    probe 'what owns the queue sits in it, and connects to others there' <<'END'
session = Session("public/cleanup")
who = session.who()
assert (who["uid"], who["gid"], who["groups"]) == ("3001", "3001", "0"), who
assert session.ask("cat /pid/master.pid") == "yes"
assert session.ask("cat /etc/passwd") == "No such file or directory"
assert session.ask("connect proxymap") == "yes"
END
    check 'the sockets are in directories that others cannot enter' sh -c "
        [ \"\$(stat -c '%a %U %G' '$SPOOL/private')\" = '710 root buzon' ] &&
        [ \"\$(stat -c '%a %U %G' '$SPOOL/public')\" = '2710 buzon buzondrop' ] &&
        [ \"\$(stat -c '%a %U' '$SPOOL/empty')\" = '555 root' ]"
else
    log_has 'an unprivileged instance says so' 'privilege separation is off'
    probe 'its daemons connect to each other by path' <<'END'
session = Session(SMTP)
assert session.ask("connect cleanup") == "yes"
assert "No such file" in session.ask("connect nothing")
END
    ok 'there is no empty chroot # SKIP unprivileged'
    ok 'nobody in an empty chroot asks flush # SKIP unprivileged'
    ok 'there is no chroot in the queue # SKIP unprivileged'
    ok 'directories belong to one user # SKIP unprivileged'
fi

# --- limits and failures ---------------------------------------------------------------------------

probe 'the only process of a service ends when nobody needs it, and that is no overload' <<END
pid = Session($IMAP_PORT).pid
wait_until(lambda: not is_alive(pid))
assert Session($IMAP_PORT).pid != pid
assert not log_lines('has reached its process limit')
END

probe 'at the process limit, a client waits until another one has gone' <<'END'
first, second = Session(SMTP), Session(SMTP)
assert first.pid != second.pid
third = Session(SMTP)
assert not third.is_answered_within(0.3)
first.close()
assert third.is_answered_within(PATIENCE)
END
log_has 'the limit is logged' 'has reached its process limit "2": new clients may experience noticeable delays'
probe 'one process with many clients is full, and then has room again' <<'END'
first = Session(OTHER)
first.ask("full")
second = Session(OTHER)
assert not second.is_answered_within(0.3)
wait_until(lambda: log_lines('(login) has reached its process limit "1"'))
first.ask("room")
assert second.is_answered_within(PATIENCE)
assert Session(OTHER).pid == first.pid
END
probe 'a process that crashed is replaced' <<'END'
session = Session(SMTP)
session.socket.sendall(b"kill\n")
assert session.is_closed()
assert Session(SMTP).who()["program"] == "smtpd"
wait_until(lambda: log_lines("killed by signal 9"))
END

# --- reload ------------------------------------------------------------------------------------------

probe 'a reload refuses nobody, ends no session, and renews the processes' <<'END'
session = Session(SMTP)
old = session.pid
wait_until(lambda: log_lines("woken up: qmgr"))
signal_master(signal.SIGHUP)
while not log_lines("reload -- version"):
    Session(SMTP).close()
assert session.ask("connect cleanup") == "yes"
session.ask("quiet")
assert session.pid == old
session.close()
wait_until(lambda: not is_alive(old))
assert Session(SMTP).pid != old
wait_until(lambda: len(log_lines("woken up: qmgr")) == 2)
END
probe 'a process of many clients that drains keeps no successor away' <<'END'
session = Session(OTHER)
signal_master(signal.SIGHUP)
wait_until(lambda: Session(OTHER).pid != session.pid)
assert is_alive(session.pid)
END
cp "$CONF/master.cf" "$T/master.cf"
echo 'nonsense' >>"$CONF/master.cf"
probe 'a master.cf that cannot be read is refused, and everything goes on' <<'END'
assert buzon("reload")[0] == 1
signal_master(signal.SIGHUP)
wait_until(lambda: log_lines("reload refused"))
assert Session(SMTP).who()["program"] == "smtpd"
END
sed "s/^$SINK_PORT.*/broken unix - - n 1 1 broken/" "$T/master.cf" >"$CONF/master.cf"
probe 'a reload closes what is named no more, also for a session that goes on' <<'END'
session = Session(OTHER)
pid = session.pid
assert buzon("reload")[0] == 0
wait_until(lambda: is_refused(OTHER))
assert session.pid == pid
END
log_has 'a service that fails before it served is throttled' 'broken: bad command startup -- throttling'
probe 'and gets another try later' <<'END'
wait_until(lambda: len(log_lines("broken: bad command startup")) > 1)
END
cp "$T/master.cf" "$CONF/master.cf"
check 'the old services come back' buzon reload

# --- the end of master ----------------------------------------------------------------------------------

probe 'a new master can start at once although old sessions go on' <<'END'
wait_until(lambda: not is_refused(OTHER))
session = Session(SMTP)
old = session.pid
before = master_pid()
signal_master(signal.SIGKILL)
wait_until(lambda: not is_alive(before))
wait_until(lambda: is_refused(SMTP))
status, text = buzon("start")
assert status == 0, text
assert Session(SMTP).pid != old
assert session.pid == old
session.close()
wait_until(lambda: not is_alive(old))
END
probe 'it waits until processes of the old one have let its addresses go' <<'END'
session = Session(SMTP)
old, before = session.pid, master_pid()
all_old = list(map(int, subprocess.check_output(["pgrep", "-P", str(before), "-x", "smtpd"]).split()))
assert old in all_old
for pid in all_old:
    os.kill(pid, signal.SIGSTOP)
signal_master(signal.SIGKILL)
wait_until(lambda: not is_alive(before))
start = subprocess.Popen([os.environ["T"] + "/sbin/buzon", "-c", os.environ["CONF"], "start"], stderr=subprocess.DEVNULL)
time.sleep(2)  # for it to find one taken; whenever it looks, the outcome is the same
while buzon("reload")[0] != 0:  # it is not there yet
    pass
for pid in all_old:
    os.kill(pid, signal.SIGCONT)
assert start.wait(PATIENCE) == 0
assert Session(SMTP).pid != old
session.close()
END
probe 'stop refuses new clients, and lets a session end' <<'END'
session = Session(SMTP)
pid = session.pid
signal_master(signal.SIGTERM)
wait_until(lambda: is_refused(SMTP))
assert session.ask("connect cleanup") == "yes"
assert session.pid == pid
old = master_pid()
session.close()
wait_until(lambda: not is_alive(old))
assert not log_lines("did not end within")
END
probe 'without sessions, stop is done at once' <<'END'
status, text = buzon("start")
assert status == 0, text
session = Session(SMTP)
session.ask("quiet")
status, text = buzon("stop")
assert status == 0, text
assert session.is_closed()
assert not log_lines("did not end within")
END
sed -i 's/^service_stop_time.*/service_stop_time = 1s/' "$CONF/main.cf"
probe 'a session that does not end is killed after service_stop_time' <<'END'
assert buzon("start")[0] == 0
session = Session(SMTP)
pid = session.pid
assert buzon("stop")[0] == 0
assert session.is_closed() and not is_alive(pid)
assert log_lines("did not end within 1 s: killed")
END
sed -i 's/^service_stop_time.*/service_stop_time = 1h/' "$CONF/main.cf"
probe 'abort ends everything now' <<'END'
assert buzon("start")[0] == 0
session = Session(SMTP)
assert session.pid > 0
assert buzon("abort")[0] == 0
assert session.is_closed()
END
probe 'in the foreground it tells systemd when it is ready, reloads and stops' <<'END'
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("\0buzon-test-%d" % os.getpid())
notify.settimeout(PATIENCE)
environment = dict(os.environ, NOTIFY_SOCKET="@buzon-test-%d" % os.getpid())
process = subprocess.Popen([os.environ["T"] + "/sbin/buzon", "-c", os.environ["CONF"], "start-fg"],
                           env=environment, stderr=subprocess.DEVNULL)
assert notify.recv(100).decode().split("\n") == ["READY=1", "MAINPID=%d" % process.pid]
process.send_signal(signal.SIGHUP)
assert notify.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
assert notify.recv(100).startswith(b"READY=1")
process.send_signal(signal.SIGTERM)
assert notify.recv(100) == b"STOPPING=1"
assert process.wait(PATIENCE) == 0
END
if [ $PRIVILEGED = yes ]; then
    tool buzonconf -e 'inet_interfaces = loopback-only' 'inet_protocols = all'
    ip -6 address del ::1/128 dev lo 2>/dev/null
    check 'a loopback interface without IPv6 is listened to without it' buzon start
    buzon stop 2>/dev/null
else
    ok 'a loopback interface without IPv6 # SKIP unprivileged'
fi
is 'status says that it does not run' "$(buzon status 2>/dev/null; echo $?)" 1
