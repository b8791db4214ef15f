#!/bin/sh
# imapd with the libraries that webmailers and scripts stand on: c-client (in PHP), Ruby's net/imap, Perl's Mail::IMAPTalk and
# Net::IMAP::Simple. Each one logs in, over TLS (but for Mail::IMAPTalk, which takes a session ticket of TLS 1.3 for the end of the
# connection), makes a folder, and has a message go out and come back.
. "$(dirname "$0")/../lib.sh"
need openssl
plan 6
instance_start </dev/null
CA=$CONF/cert.pem
ANA=ana@example.test
export SSL_CERT_FILE="$CA"
# with 'what holds' 'is it there?' COMMAND...
with() {
    t_what=$1 t_there=$2
    shift 2
    if sh -c "$t_there" >/dev/null 2>&1; then
        check "$t_what" "$@"
    else
        ok "$t_what # SKIP it is not installed"
    fi
}

cat >"$T/client.php" <<'END'
<?php
[, $port, $user, $password] = $argv;
$server = "{localhost:$port/imap/ssl/novalidate-cert}";
function must($what, $result) { if ($result) return $result; fwrite(STDERR, "$what: " . imap_last_error() . "\n"); exit(1); }
$box = must('open', imap_open($server . 'INBOX', $user, $password));
must('create', imap_createmailbox($box, $server . "Entw&APw-rfe \"1\""));
must('list', in_array($server . "Entw&APw-rfe \"1\"", imap_list($box, $server, '*')));
must('subscribe', imap_subscribe($box, $server . 'INBOX') && count(imap_lsub($box, $server, '*')) == 1);
$parts = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: \"Eva, A.\" <eva@remote.test>\r\nTo: ana@example.test\r\n" .
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n" .
    "Content-Type: application/octet-stream; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";
must('append', imap_append($box, $server . 'INBOX', $parts, '\Seen', '17-Jul-2020 02:44:25 +0000'));
must('check', imap_check($box)->Nmsgs == 1);
$status = must('status', imap_status($box, $server . 'INBOX', SA_ALL));
must('numbers', $status->messages == 1 && $status->unseen == 0 && $status->uidnext == 2);
$header = must('header', imap_headerinfo($box, 1));
must('from', $header->from[0]->personal == 'Eva, A.' && $header->from[0]->host == 'remote.test');
must('overview', imap_mime_header_decode(imap_fetch_overview($box, '1:1')[0]->subject)[0]->text == "Gr\xc3\xbc\xc3\x9fe");
must('structure', imap_fetchstructure($box, 1)->parts[1]->subtype == 'OCTET-STREAM');
must('part', base64_decode(imap_fetchbody($box, 1, '2')) == "\0\1\2");
must('mime', strpos(imap_fetchmime($box, 1, '2'), 'name=x') !== false);
must('search', imap_search($box, 'SUBJECT "Gr" SEEN') == [1]);
must('sort', imap_sort($box, SORTDATE, true) == [1]);
must('flag', imap_setflag_full($box, '1', '\Flagged $Label1'));
must('thread', count(imap_thread($box)) == 3);
must('copy', imap_mail_copy($box, '1', "Entw&APw-rfe \"1\""));
must('delete', imap_delete($box, '1') && imap_expunge($box) && imap_num_msg($box) == 0);
must('reopen', imap_reopen($box, $server . "Entw&APw-rfe \"1\"") && imap_num_msg($box) == 1);
must('flags came along', imap_headerinfo($box, 1)->Flagged == 'F');
must('gc', imap_gc($box, IMAP_GC_ELT | IMAP_GC_ENV | IMAP_GC_TEXTS));
must('rename', imap_renamemailbox($box, $server . "Entw&APw-rfe \"1\"", $server . 'Drafts2'));
must('delete mailbox', imap_reopen($box, $server . 'INBOX') && imap_deletemailbox($box, $server . 'Drafts2'));
imap_close($box, CL_EXPUNGE);
END
cat >"$T/client.rb" <<'END'
require "net/imap"
port, user, password, ca = ARGV
imap = Net::IMAP.new("localhost", port: port.to_i, ssl: {ca_file: ca})
def must(what, result) = result || abort("#{what}: #{result.inspect}")
must "capability", imap.capability.include?("IMAP4REV1")
imap.authenticate("PLAIN", user, password)
name = Net::IMAP.encode_utf7("Büro & Co")
imap.create(name)
must "list", imap.list("", "*").map(&:name).include?(name)
text = "Subject: ruby\r\nFrom: \"A \\\"q\\\" B\" <a@remote.test>\r\n\r\nbody\r\n"
code = imap.append(name, text, [:Seen, "work"], Time.at(1_600_000_000)).data.code
must "APPENDUID", code.name == "APPENDUID"
must "status", imap.status(name, ["MESSAGES", "UIDNEXT", "UNSEEN"]) == {"MESSAGES" => 1, "UIDNEXT" => 2, "UNSEEN" => 0}
imap.select(name)
must "responses", imap.responses["EXISTS"].last == 1 && imap.responses["UIDVALIDITY"].last > 0
data = imap.uid_fetch(1, ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (Subject)]", "BODY.PEEK[TEXT]<1.2>"])[0].attr
must "envelope", data["ENVELOPE"].from[0].name == 'A "q" B' && data["ENVELOPE"].subject == "ruby"
must "structure", data["BODYSTRUCTURE"].media_type == "TEXT" && data["BODYSTRUCTURE"].subtype == "PLAIN"
must "flags", data["FLAGS"].include?(:Seen) && data["FLAGS"].include?("work")
must "size", data["RFC822.SIZE"] == text.bytesize
must "header", data["BODY[HEADER.FIELDS (SUBJECT)]"] || data["BODY[HEADER.FIELDS (Subject)]"]
must "partial", data["BODY[TEXT]<1>"] == "od"
must "search", imap.uid_search(["SUBJECT", "ruby", "KEYWORD", "work"]) == [1] && imap.search("ALL", "UTF-8") == [1]
must "sort", imap.sort(["REVERSE", "DATE"], ["ALL"], "US-ASCII") == [1]
must "thread", imap.thread("REFERENCES", ["ALL"], "US-ASCII")[0].seqno == 1
imap.uid_store(1, "+FLAGS", [:Deleted])
imap.uid_copy(1, "INBOX")
imap.uid_move(1, "INBOX")
must "moved", imap.responses["EXPUNGE"].last == 1
must "namespace", imap.respond_to?(:namespace) ? imap.namespace.personal[0].delim == "." : true
heard = Queue.new
imap.select("INBOX")
before = imap.responses["EXISTS"].last
other = Net::IMAP.new("localhost", port: port.to_i, ssl: {ca_file: ca})
other.login(user, password)
idler = Thread.new do
  imap.idle(20) do |response|
    if response.is_a?(Net::IMAP::ContinuationRequest)
      other.append("INBOX", text)
    elsif response.name == "EXISTS"
      heard << response.data
      imap.idle_done
    end
  end
end
must "idle", heard.pop == before + 1
idler.join
imap.rename(name, "Attic")
imap.delete("Attic")
other.logout
imap.logout
END
cat >"$T/talk.pl" <<'END'
use strict;
use warnings;
use Mail::IMAPTalk;
my ($port, $user, $password) = @ARGV;
my $imap = Mail::IMAPTalk->new(Server => '127.0.0.1', Port => $port, Username => $user, Password => $password, Uid => 1) or die "login: $@";
sub must { my ($what, $result) = @_; return $result if $result; die "$what: " . ($imap->get_last_error // '') . "\n" }
$imap->parse_mode(BodyStructure => 1, Envelope => 1);
must('capability', $imap->capability->{condstore});
must('create', $imap->create('Talk'));
my $text = "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nFrom: a\@remote.test\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" .
    "--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--b--\r\n";
must('append', $imap->append('Talk', '(\Flagged)', {Quote => '17-Jul-2020 02:44:25 +0000'}, {Literal => $text}));
must('select', $imap->select('Talk'));
must('uidnext', $imap->get_response_code('uidnext') == 2);
my $all = must('fetch', $imap->fetch('1:*', '(flags envelope bodystructure rfc822.size internaldate)'));
must('flags', grep { $_ eq '\Flagged' } @{$all->{1}{flags}});
must('size', $all->{1}{'rfc822.size'} == length $text);
must('from', $all->{1}{envelope}{From} =~ /a\@remote\.test/);
must('part', $all->{1}{bodystructure}{'MIME-Subparts'}[1]{'MIME-Subtype'} eq 'html');
must('body', $imap->fetch(1, 'body[2]')->{1}{body} eq '<p>html');
must('headers', $imap->fetch(1, 'body.peek[header]'));
must('search', $imap->search('subject', {Literal => "Gr"})->[0] == 1);
must('sort', $imap->sort('(subject)', 'utf-8', 'all')->[0] == 1);
must('thread', $imap->thread('references', 'utf-8', 'all')->[0]);
must('store', $imap->store(1, '+flags', '(\Seen kw)'));
must('status', $imap->status('Talk', '(messages unseen highestmodseq)')->{messages} == 1);
must('copy', $imap->copy(1, 'INBOX'));
must('copyuid', $imap->get_response_code('copyuid'));
must('quota', $imap->getquotaroot('INBOX'));
must('list', grep { $_->[2] eq 'Talk' } @{$imap->list('', '*')});
must('deleted', $imap->store(1, '+flags', '(\Deleted)') && $imap->expunge);
must('unselect', $imap->unselect && $imap->delete('Talk'));
must('logout', $imap->logout);
END
cat >"$T/simple.pl" <<'END'
use strict;
use warnings;
use Net::IMAP::Simple;
my ($port, $user, $password, $ca) = @ARGV;
my $imap = Net::IMAP::Simple->new("localhost:$port", use_ssl => 1, ssl_options => [SSL_ca_file => $ca]) or die "connect: $Net::IMAP::Simple::errstr";
sub must { my ($what, $result) = @_; return $result if $result; die "$what: " . ($imap->errstr // '') . "\n" }
must('login', $imap->login($user, $password));
must('create', $imap->create_mailbox('Simple'));
must('list', grep { $_ eq 'Simple' } $imap->mailboxes);
must('put', $imap->put(Simple => "Subject: simple\r\n\r\nbody\r\n", '\Seen'));
must('select', $imap->select('Simple') == 1);
must('list of sizes', ($imap->list(1))[0] == 25);
must('top', join('', @{$imap->top(1)}) =~ /^Subject: simple/);
must('get', join('', @{$imap->get(1)}) =~ /body/);
must('seen', $imap->seen(1));
must('search', join(',', $imap->search_subject('simple')) eq '1');
must('copy', $imap->copy(1, 'INBOX'));
must('flags', $imap->add_flags(1, '\Flagged') && grep { $_ eq '\Flagged' } $imap->msg_flags(1));
must('delete', $imap->delete(1));
must('expunge', $imap->expunge_mailbox);
must('empty', $imap->select('Simple') == 0);
must('rename', $imap->rename_mailbox('Simple', 'Plain') && $imap->delete_mailbox('Plain'));
must('quit', $imap->quit);
END
with 'c-client, in PHP' "php -m | grep -qx imap" php "$T/client.php" "$IMAPS_PORT" "$ANA" "$PASSWORD"
with "Ruby's net/imap" "ruby -e 'require %q(net/imap)'" ruby "$T/client.rb" "$IMAPS_PORT" "$ANA" "$PASSWORD" "$CA"
with 'Mail::IMAPTalk' 'perl -MMail::IMAPTalk -e 1' perl "$T/talk.pl" "$IMAP_PORT" "$ANA" "$PASSWORD"
with 'Net::IMAP::Simple' 'perl -MNet::IMAP::Simple -MIO::Socket::SSL -e 1' perl "$T/simple.pl" "$IMAPS_PORT" "$ANA" "$PASSWORD" "$CA"
is 'nothing is left of what they made' "$(curl -sS --cacert "$CA" -u "$ANA:$PASSWORD" "imaps://localhost:$IMAPS_PORT/" | wc -l)" 1
no_crash 'no process crashed'
