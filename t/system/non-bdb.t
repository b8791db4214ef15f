#!/bin/sh
# From Berkeley DB to LMDB without a change of table names: "buzon non-bdb", and nbdb_reindexd, which makes what is missing,
# for whom it may, and for nobody else. All tables of the instance are there as files of Berkeley DB, with their sources.
. "$(dirname "$0")/../lib.sh"
plan 64
umask 022
ROOT_OR_ME=$(id -u)
tables=$T/tables # of whoever runs the test; and of bob, where there are several users
lists=$T/lists
mkdir -p "$tables" "$lists" "$T/elsewhere" "$CONF"
chmod 755 "$T" "$CONF"
instance_prepare <<END
non_bdb_migration_allow_root_prefixes = $CONF, $tables
non_bdb_migration_allow_user_prefixes = $lists$([ $PRIVILEGED = yes ] || echo " $CONF $tables") \$data_directory
virtual_alias_maps = hash:$CONF/virtual
authorized_mailq_users = hash:$CONF/mailq
relocated_maps = proxy:hash:$CONF/private
non_bdb_migration_log_redirect = yes
END
printf 'sales@example.test ana@example.test\n' >"$CONF/virtual"
printf 'root yes\n%s yes\n' "$ME" >"$CONF/mailq"
printf '# of the host\n\npostmaster: %s\nsupport: "postmaster"\n' "$ME" >"$CONF/aliases"
printf 'key value\n' >"$CONF/private"
chmod 600 "$CONF/private"
for table in virtual mailq private; do tool buzonmap "hash:$CONF/$table"; done
tool buzonalias "hash:$CONF/aliases"
printf 'whoami: "|id -un >%s/says/who"\n' "$T" >"$lists/aliases" # it is bob's, where he is
tool buzonalias "hash:$lists/aliases"
tool buzonconf "alias_maps=hash:$CONF/aliases, hash:$lists/aliases"
mkdir "$T/says"
[ $PRIVILEGED = no ] || chown bob: "$lists" "$lists"/* "$T/says"
ln -sf buzon "$T/sbin/postfix"

# --- the command -----------------------------------------------------------------------------------------

non_bdb() { buzon non-bdb "$@" 2>&1; echo "status $?"; }
conf() { tool buzonconf -h "$1"; }
service_line() { tool buzonconf -M nbdb_reindex/unix 2>/dev/null | tr -s ' '; }

is 'at first, nothing of this is on' "$(non_bdb status)" "disable
status 0"
cp "$CONF/main.cf" "$T/main.cf" && cp "$CONF/master.cf" "$T/master.cf"
tool buzonconf default_database_type=hash
for level in enable-redirect enable-reindex; do
    is "$level wants another default_database_type than that of Berkeley DB" "$(non_bdb $level)" \
        "buzon: fatal: parameter default_database_type specifies a Berkeley DB type: 'hash'
status 1"
done
tool buzonconf default_database_type=lmdb default_cache_db_type=btree
is 'and another default_cache_db_type' "$(non_bdb enable-redirect)" \
    "buzon: fatal: parameter default_cache_db_type specifies a Berkeley DB type: 'btree'
status 1"
is 'then, nothing has changed' "$(conf non_bdb_migration_level) $(cmp "$CONF/master.cf" "$T/master.cf")" 'disable '
usage='non-bdb status (or enable-redirect, or enable-reindex, or disable)'
for words in '' 'nosuch' 'status twice'; do
    is "what it takes is told for \"$words\"" "$(non_bdb $words)" "buzon: fatal: usage: buzon $usage
status 1"
done
tool postfix non-bdb nosuch
log_has 'by the name of postfix, it says what that says' "buzon/postfix-non-bdb-script.*: fatal: usage: postfix non-bdb status \\(or enable"

tool buzonconf default_database_type=lmdb default_cache_db_type=lmdb
is 'the first level' "$(non_bdb enable-redirect)" 'status 0'
is 'which is set in main.cf' "$(non_bdb status) $(service_line)" "enable-redirect
status 0 "
is 'tables by their old names are those of LMDB now' "$(tool buzonmap -q sales@example.test "hash:$CONF/virtual" 2>&1)" \
    "buzonmap: redirecting hash:$CONF/virtual to lmdb:$CONF/virtual
buzonmap: fatal: open database $CONF/virtual.lmdb: No such file or directory"
tool buzonconf non_bdb_migration_log_redirect=no
is 'without a word, where that is wanted' "$(tool buzonmap -q sales@example.test "hash:$CONF/virtual" 2>&1)" \
    "buzonmap: fatal: open database $CONF/virtual.lmdb: No such file or directory"
printf 'made by hand\n' >"$T/elsewhere/hand"
tool buzonmap "hash:$T/elsewhere/hand"
is 'who makes one makes that' "$(cd "$T/elsewhere" && ls)" 'hand
hand.lmdb'
tool buzonconf -X non_bdb_migration_log_redirect

is 'the second level makes what commands of users need at once' "$(non_bdb enable-reindex)" \
    "buzon: Proactively reindexing hash:$CONF/mailq
status 0"
is 'from its source' "$(tool buzonmap -q root "lmdb:$CONF/mailq")" yes
is 'and has a service' "$(non_bdb status) $(service_line)" \
    "enable-reindex
status 0 nbdb_reindex unix y n n - 1 nbdb_reindexd"
is 'once' "$(non_bdb enable-reindex >/dev/null; grep -c nbdb_reindexd "$CONF/master.cf")" 1

# --- before the service runs, and mail after it does -------------------------------------------------------

like 'a table that nobody makes is no empty one' "$(tool buzonmap -q nobody@example.test "hash:$CONF/virtual" 2>&1; echo "status $?")" \
    'fatal: .*Non-Berkeley-DB migration error: connect to .*nbdb_reindex: No such file'
instance_run
check 'mail by an alias of a virtual domain is taken' send_mail a@remote.test sales@example.test
check 'and mail by an alias of the host' send_mail a@remote.test support@buzon.test
maildir_has 'the one is delivered' "$(virtual_maildir ana)" 1
log_has 'the other goes where the alias says' "local.*to=<$ME@.*>, orig_to=<support@buzon.test>, .*status=sent"
log_has 'the log names the tables that were made' "nbdb_reindexd.*: successfully executed 'buzonmap lmdb:$CONF/vmailbox' as uid $ROOT_OR_ME\$"
log_has 'those of aliases as such' "nbdb_reindexd.*: successfully executed 'buzonalias lmdb:$CONF/aliases' as uid $ROOT_OR_ME\$"
log_has 'and those that main.cf still has by their old names' "redirecting hash:$CONF/virtual to lmdb:$CONF/virtual\$"
is 'they are whole' "$(tool buzonmap -q postmaster "lmdb:$CONF/aliases") $(tool buzonalias -q @ "lmdb:$CONF/aliases") $(ls "$CONF" | grep -c '\.new$')" "$ME @ 0"
is 'one that only root may read is known to proxymap' \
    "$(tool buzonmap -q key "proxy:hash:$CONF/private" 2>&1) $(stat -c '%u %a' "$CONF/private.lmdb")" "value $ROOT_OR_ME 600"
if [ $PRIVILEGED = yes ]; then
    pid=$(for proc in /proc/[0-9]*; do case $(readlink "$proc/exe" 2>/dev/null) in */nbdb_reindexd) echo "${proc#/proc/}" ;; esac; done)
    is 'between requests, the daemon has no rights of root' \
        "$(awk '/^(Uid|Gid|Groups):/ {print $2, $3, $4} /^CapEff/ {print $2}' "/proc/$pid/status" | xargs)" \
        '0 3001 0 0 3001 0 0000000000000000'
    is 'what it is asked by is not open to everybody' "$(stat -c '%U %G %a' "$SPOOL/private")" 'root buzon 710'
else
    ok 'the rights of the daemon # SKIP one user'
    ok 'the rights of its socket # SKIP one user'
fi

# --- whose a table is ------------------------------------------------------------------------------------

# table DIRECTORY NAME: a source and its file of Berkeley DB
table() {
    mkdir -p "$1"
    printf 'key value\nother more\n' >"$1/$2"
    MAIL_CONFIG=$T/before "$T/sbin/buzonmap" "hash:$1/$2"
}
mkdir -p "$T/before" && cp "$T/main.cf" "$CONF/master.cf" "$T/before/"
asked() { tool buzonmap -q key "hash:$1" 2>&1 | grep -v redirecting; }

table "$tables" shared
chmod 640 "$tables/shared"
is 'a table is as readable as its source' "$(asked "$tables/shared") $(stat -c '%u %a' "$tables/shared.lmdb")" "value $ROOT_OR_ME 640"
is 'and made once' "$(asked "$tables/shared") $(grep -c "successfully executed 'buzonmap lmdb:$tables/shared'" "$LOG")" 'value 1'
if [ $PRIVILEGED = yes ]; then
    chown carol: "$lists/aliases.db"
    check 'mail to a command of his is taken' send_mail a@remote.test whoami@buzon.test
    eventually 'and executed with the rights of who owns the table that is read' grep -qx bob "$T/says/who"
    table "$lists" bobs
    chown bob:alice "$lists/bobs.db"
    chmod 644 "$lists/bobs"
    is "bob's table is bob's, in the group of the old one, although root asks" \
        "$(asked "$lists/bobs") $(stat -c '%U %G %a' "$lists/bobs.lmdb")" 'value bob alice 644'
    log_has 'made with his rights' "as uid $(id -u bob)\$"
    table "$lists" secret
    chown bob:bob "$lists/secret.db"
    chmod 600 "$lists/secret"
    like "what he may not read, he does not get to know by his table" "$(asked "$lists/secret")" \
        "could not execute command 'buzonmap lmdb:$lists/secret': open lookup table source file .* as uid=[0-9]+ gid=[0-9]+: Permission denied"
    table "$tables/closed" inner
    chmod 700 "$tables/closed"
    is 'in a directory that only root may enter' "$(asked "$tables/closed/inner")" value
else
    for name in command bob whose rights secret closed; do ok "$name # SKIP one user"; done
fi

# --- what is refused -------------------------------------------------------------------------------------

# refused 'what holds' PATH regular-expression: no answer, and no table
refused() {
    t_said=$(asked "$2")
    like "$1" "$t_said $([ ! -e "$2.lmdb" ] || echo made)" "^buzonmap: (warning: Non-Berk.*|fatal: .*Non-Berkeley-DB migration error: .*$3.*) *\$"
}
table "$T/elsewhere" lost
refused 'a table elsewhere than main.cf allows' "$T/elsewhere/lost" "table $T/elsewhere/lost has an unexpected pathname; to allow"
table "$lists-not" near
refused 'a directory whose name only begins like one of those' "$lists-not/near" 'unexpected pathname'
refused 'a path that leads elsewhere' "$tables/../elsewhere/lost" 'no plain absolute pathname'
table "$tables" double
refused 'one with an empty part' "$tables//double" 'no plain absolute pathname'
table "$tables" grouped
chmod 664 "$tables/grouped"
refused 'a source that a group can write' "$tables/grouped" "source file '$tables/grouped' is owned or writable by other user"
table "$tables/open" x
chmod 777 "$tables/open"
refused 'a directory that everybody can write' "$tables/open/x" "parent directory '$tables/open' is owned or writable by other user"
table "$tables" linked
mv "$tables/linked" "$tables/linked.there" && ln -s linked.there "$tables/linked"
refused 'a source behind a symbolic link' "$tables/linked" 'is a symbolic link'
table "$tables/real" x
ln -s real "$tables/way"
refused 'a directory behind one' "$tables/way/x" 'has a symbolic link on its way'
table "$tables" piped
rm "$tables/piped" && mkfifo "$tables/piped"
refused 'a source that is a FIFO' "$tables/piped" 'is not a regular file'
table "$tables" gone
rm "$tables/gone"
refused 'a table without its source' "$tables/gone" 'open lookup table source file .*: No such file'
printf 'key value\n' >"$tables/fresh"
is 'without the file of Berkeley DB, nobody asks' "$(asked "$tables/fresh") $(grep -c "index.*$tables/fresh" "$LOG")" \
    "buzonmap: fatal: open database $tables/fresh.lmdb: No such file or directory 0"
if [ $PRIVILEGED = yes ]; then
    table "$lists" roots
    refused "root's table where only those of users are" "$lists/roots" 'allow automatic indexing as root, append'
    table "$tables" carols
    chown carol: "$tables/carols.db"
    refused "a user's where only root's are" "$tables/carols" 'allow automatic indexing as non-root, append'
    table "$tables" foreign
    chown carol: "$tables/foreign"
    refused "root's table from a user's source" "$tables/foreign" "source file '$tables/foreign' is owned or writable by other user"
    table "$tables/carol" x
    chown carol: "$tables/carol"
    refused "root's table in a user's directory" "$tables/carol/x" "parent directory '$tables/carol' is owned or writable by other user"
else
    for name in "root's" "a user's" source directory; do ok "$name # SKIP one user"; done
fi
log_has 'the log has it, with the command for the administrator' \
    "nbdb_reindexd.*: warning: request to index hash:$tables/grouped failed: could not execute command 'buzonmap lmdb:$tables/grouped': .*; alternatively, execute the failed command by hand"

# --- mail, when a table cannot be made ---------------------------------------------------------------------

table "$T/elsewhere" refused
tool buzonconf "virtual_alias_maps=hash:$CONF/virtual, hash:$T/elsewhere/refused"
buzon reload 2>/dev/null
converse smtp 'a recipient is asked to wait, for nobody knows whether he is there' <<'END'
S: 220 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<nobody@example.test>
S: 451 4.3.0 *
END

# --- what strangers say, and what a process with mail_owner's rights can do with links ------------------------

# (The octets of a request come from the daemon's own kind of client, which any program can be.)
check 'octets that are no request do not stop it' python3 - "$SPOOL/private/nbdb_reindex" <<'END'
import os, socket, sys
for octets in (b"", b"x", b"\0\0\0\0", b"\xff\xff\xff\xff" + bytes(100), bytes(100000), os.urandom(5000)):
    foe = socket.socket(socket.AF_UNIX)
    foe.connect(sys.argv[1])
    try:
        foe.sendall(octets)
        foe.shutdown(socket.SHUT_WR)
        while foe.recv(1000):
            pass
    except OSError:
        pass
END
table "$tables" after
is 'and the next one is served' "$(asked "$tables/after")" value

cat >"$T/swap.py" <<'END'
# Somebody with the rights of mail_owner: what is his directory now is a symbolic link to root's in the next moment,
# and what is his source is one to a file that he may not read.
import os, sys
own, roots, secret, stop = sys.argv[1:5]
os.symlink(roots, own + ".link")
os.symlink(secret, own + ".secret")
while not os.path.exists(stop):
    os.rename(own, own + ".dir"); os.rename(own + ".link", own)
    os.rename(own, own + ".link"); os.rename(own + ".dir", own)
    os.rename(own + "/x", own + ".source"); os.rename(own + ".secret", own + "/x")
    os.rename(own + "/x", own + ".secret"); os.rename(own + ".source", own + "/x")
    try:
        os.unlink(own + "/x.lmdb")
    except OSError:
        pass
END
table "$T/roots" x
printf 'key secret\n' >"$T/secret" && chmod 600 "$T/secret"
table "$T/data/own" x
find "$T/roots" | sort >"$T/roots.before"
as_owner() { if [ $PRIVILEGED = yes ]; then setpriv --reuid=buzon --regid=buzon --clear-groups env "$@"; else env "$@"; fi; }
[ $PRIVILEGED = no ] || chown -R buzon: "$T/data/own"
chmod 644 "$CONF/main.cf" "$CONF/master.cf"
background as_owner python3 "$T/swap.py" "$T/data/own" "$T/roots" "$T/secret" "$T/stop"
storm() { # until both have happened: a table was made, and a link was seen
    t_tries=0
    until grep -q "successfully executed 'buzonmap lmdb:$T/data/own/x'" "$LOG" && grep -q "$T/data/own.*symbolic link" "$LOG"; do
        as_owner MAIL_CONFIG="$CONF" "$T/sbin/buzonmap" -q key "hash:$T/data/own/x" >>"$T/answers" 2>/dev/null
        t_tries=$((t_tries + 1))
        [ $t_tries -lt 2000 ] || return 1
    done
}
check 'while directories and sources change under its hands, it makes tables and refuses links' storm
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    as_owner MAIL_CONFIG="$CONF" "$T/sbin/buzonmap" -q key "hash:$T/data/own/x" >>"$T/answers" 2>/dev/null
done
: >"$T/stop"
is 'in a directory elsewhere it makes nothing' "$(find "$T/roots" | sort | cmp - "$T/roots.before")" ''
is 'and what it may not read is in no table' "$(sort -u "$T/answers" | grep -v '^value$')" ''

# --- back ----------------------------------------------------------------------------------------------------

is 'disabled again' "$(non_bdb disable)" 'status 0'
is 'nothing is left of it' "$(non_bdb status) $(grep -c "non_bdb_migration_level\|nbdb_reindex" "$CONF/main.cf" "$CONF/master.cf" | tr '\n' ' ')" \
    "disable
status 0 $CONF/main.cf:0 $CONF/master.cf:0 "
is 'and the files of Berkeley DB are what is read' "$(rm -f "$CONF/virtual.lmdb"; tool buzonmap -q sales@example.test "hash:$CONF/virtual" 2>&1)" 'ana@example.test'
no_crash 'nothing crashed'
