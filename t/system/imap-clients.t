#!/bin/sh
# imapd with more of the programs that people use: offlineimap keeps a mailbox in step both ways, Perl's
# Mail::IMAPClient does what scripts do with it.
. "$(dirname "$0")/../lib.sh"
need python3 perl offlineimap
perl -MMail::IMAPClient -e 1 2>/dev/null || skip_all 'Mail::IMAPClient is not installed'
plan 9
instance_start </dev/null
CA=$CONF/cert.pem
ANA=ana@example.test

append() {
    printf 'From: %s@remote.test\r\nSubject: %s\r\n\r\nbody of %s\r\n' "$2" "$2" "$2" >"$T/message"
    curl -sS --cacert "$CA" -u "$ANA:$PASSWORD" -T "$T/message" "imaps://localhost:$IMAPS_PORT/$1"
}
for subject in one two three; do
    append INBOX $subject
done

# --- offlineimap -------------------------------------------------------------------------------------

mkdir -p "$T/offline"
cat >"$T/offlineimaprc" <<END
[general]
accounts = test
metadata = $T/offline/meta
ui = quiet
[Account test]
localrepository = local
remoterepository = remote
[Repository local]
type = Maildir
localfolders = $T/offline/mail
[Repository remote]
type = IMAP
remotehost = localhost
remoteport = $IMAPS_PORT
ssl = yes
sslcacertfile = $CA
remoteuser = $ANA
remotepass = $PASSWORD
END
offline() { env HOME="$T/offline" TMPDIR="$T" offlineimap -c "$T/offlineimaprc" -o; }
local_files() { find "$T/offline/mail/INBOX/new" "$T/offline/mail/INBOX/cur" -type f; }

check 'offlineimap brings the mailbox here' offline
is 'all three messages' "$(local_files | wc -l)" 3
two=$(grep -l 'body of two' $(local_files))
mv "$two" "$T/offline/mail/INBOX/cur/$(basename "$two" | sed 's/:2,.*//'):2,FS"
rm "$(grep -l 'body of three' $(local_files))"
check 'offlineimap brings a flag and a removal back' offline
is 'the server has them' "$(python3 - "$IMAP_PORT" "$ANA" "$PASSWORD" <<'END'
import imaplib, sys
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1])); c.login(sys.argv[2], sys.argv[3])
print(c.select("INBOX")[1][0].decode(), c.search(None, "FLAGGED", "SEEN", "SUBJECT", "two")[1][0].decode())
c.logout()
END
)" '2 2'
append INBOX four
check 'offlineimap goes on from where it was' offline
is 'with the new message, and nothing twice' "$(local_files | wc -l)" 3

# --- Mail::IMAPClient -----------------------------------------------------------------------------------

cat >"$T/client.pl" <<'END'
use strict;
use warnings;
use Mail::IMAPClient;
my ($port, $user, $password, $ca) = @ARGV;
my $imap = Mail::IMAPClient->new(
    Server => 'localhost', Port => $port, User => $user, Password => $password, Uid => 1,
    Starttls => [SSL_ca_file => $ca, SSL_verify_mode => 1], Timeout => 20,
) or die "connect: $@";
sub must { my ($what, @result) = @_; die "$what: " . $imap->LastError unless $result[0]; return $result[0] }
my $separator = $imap->separator;
my $odd = "Archive${separator}2026 &- \"more\"";
must('create', $imap->create('Archive'));
must('create below', $imap->create($odd));
must('folders', scalar grep { $_ eq $odd } $imap->folders);
must('select', $imap->select('INBOX'));
my @all = $imap->messages;
must('messages', @all == 2 || @all == 3);
my $uid = must('append', $imap->append_string('INBOX', "Subject: by perl\r\n\r\nline\r\n", '\Draft'));
must('the UID of APPENDUID', scalar grep { $_ == $uid } $imap->messages);
must('flags', scalar grep { $_ eq '\Draft' } $imap->flags($uid));
must('search', ($imap->search('SUBJECT', 'by perl'))[0] == $uid);
must('body', $imap->body_string($uid) eq "line\r\n");
must('subject', $imap->parse_headers([$uid, @all], 'Subject')->{$uid}{Subject}[0] eq 'by perl');
must('structure', $imap->get_bodystructure($uid)->bodytype =~ /text/i);
must('copy', $imap->copy('Archive', $uid));
must('move', $imap->move('Archive', $all[0]));
must('expunge', $imap->expunge);
must('count', $imap->message_count('Archive') == 2);
must('set flag', $imap->set_flag('Flagged', $uid));
must('unseen', defined $imap->unseen_count);
my $tag = must('idle', $imap->idle);
must('done', $imap->done($tag));
must('rename', $imap->rename('Archive', 'Attic'));
$odd =~ s/Archive/Attic/;
must('still there', $imap->exists($odd));
must('delete', $imap->delete($odd));
must('delete its parent', $imap->delete('Attic'));
must('logout', $imap->logout);
END
check 'Mail::IMAPClient: folders, messages, search, copy, move, IDLE' \
    perl "$T/client.pl" "$IMAP_PORT" "$ANA" "$PASSWORD" "$CA"
check 'nothing is left of what it removed' sh -c "curl -sS --cacert '$CA' -u '$ANA:$PASSWORD' \
    'imaps://localhost:$IMAPS_PORT/' | grep -c Attic | grep -qx 0"
no_crash 'no process crashed'
