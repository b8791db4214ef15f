# What tests of qmgr share: an instance with a delivery agent that does what its next hop says (t/daemon/agent.c).
# Source it after lib.sh.

AGENT=${BUZON_BUILD:?make check sets BUZON_BUILD to the build directory}/t/daemon/agent

# qmgr_prepare TRANSPORT...: instance_prepare, with the agent as these services; main.cf lines on standard input
qmgr_prepare() {
    mkdir "$T/daemons"
    ln -s "$BUZON_STAGE"/libexec/buzon/* "$T/daemons/"
    ln -s "$AGENT" "$T/daemons/agent"
    { printf '%s\n' "daemon_directory = $T/daemons" 'mydestination ='; cat; } | instance_prepare
    for t_transport; do # NAME or NAME:PROCESSES
        case $t_transport in
        *:*) echo "${t_transport%:*} unix - - n - ${t_transport#*:} agent" ;;
        *) echo "$t_transport unix - - n - 20 agent" ;;
        esac
    done >>"$CONF/master.cf"
}

# agent_delivered [PATTERN]: lines "QUEUEID ADDRESS" that match, in the order of delivery
agent_delivered() { grep -e "${1:-.}" "$SPOOL/trace/agent-delivered" 2>/dev/null; }
# agent_count PATTERN; agent_count_is PATTERN N
agent_count() { agent_delivered "$1" | wc -l; }
agent_count_is() { [ "$(agent_count "$1")" = "$2" ]; }
agent_count_over() { [ "$(agent_count "$1")" -gt "$2" ]; }
# agent_who PATTERN: how many different recipients; agent_twice: how many of them more than once
agent_who() { agent_delivered "$1" | sort -u | wc -l; }
agent_who_is() { [ "$(agent_who "$1")" = "$2" ]; }
agent_twice() { agent_delivered "$1" | sort | uniq -d | wc -l; }

# agents_wait: from now on those whose next hop is "slow" deliver nothing; agents_go: until now
agents_wait() { : >"$SPOOL/trace/agent-waits"; }
agents_go() { rm -f "$SPOOL/trace/agent-waits"; }

# child_pid PROGRAM: of master
child_pid() {
    for t_pid in $(ps -o pid= --ppid "$(instance_pid)"); do
        case $(readlink "/proc/$t_pid/exe") in */"$1") echo "$t_pid" ;; esac
    done
}
kill_qmgr() {
    t_qmgr=$(child_pid qmgr)
    kill -KILL $t_qmgr
    wait_until 'its end' sh -c "! kill -0 $t_qmgr"
    tool buzonqueue -i 000000 2>/dev/null # whoever comes is served by a new one
}
lies_in() { [ -n "$(find "$SPOOL/$1" -name "$2")" ]; }
