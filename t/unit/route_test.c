/*
 * Rewriting, resolving, who exists, what addresses become. What is expected here was compared with
 * what Postfix 3.7 says to the same configuration and addresses.
 */
#include "lib/route/route.h"

#include "t/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

static const char common[] = "myhostname = mail.example.test\n"
                             "mydomain = example.test\n"
                             "compatibility_level = 3.6\n"
                             "mydestination = $myhostname, localhost, local.test\n"
                             "inet_interfaces = 127.0.0.1\n"
                             "proxy_interfaces = 203.0.113.1\n"
                             "virtual_alias_domains = alias.test\n"
                             "virtual_mailbox_domains = box.test\n"
                             "relay_domains = relay.test\n"
                             "recipient_delimiter = +\n"
                             "alias_maps =\n"
                             "local_recipient_maps =\n";

static char directory[] = "/tmp/route_test.XXXXXX";

static struct config *configure(const char *settings)
{
    char *path = mem_printf("%s/main.cf", directory);
    FILE *file = fopen(path, "w");
    struct error err = {0};
    struct config *config;

    assert_non_null(file);
    assert_true(fputs(common, file) >= 0);
    assert_true(fputs(settings, file) >= 0);
    assert_int_equal(fclose(file), 0);
    config = config_read(directory, NULL, NULL, &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    mem_free(path);
    return config;
}

/* A route of these settings, for one case. */
struct fixture {
    struct config *config;
    struct route *route;
    struct arena *arena;
};

static struct fixture start(const char *settings)
{
    struct fixture fixture = {.config = configure(settings), .arena = arena_create()};

    fixture.route = route_create(fixture.config, false);
    assert_false(route_changed(fixture.route));
    return fixture;
}

static void stop(struct fixture *fixture)
{
    route_free(&fixture->route);
    arena_free(&fixture->arena);
    config_free(&fixture->config);
}

struct route_case {
    const char *name;
    const char *question;
    const char *answer;
    const char *settings; /* lines of main.cf behind the common ones */
};

/* clang-format off */

/* [remote ]address: the address rewritten */
static const struct route_case rewrite_cases[] = {
    {"an address that is complete stays", "a@b.test", "a@b.test", ""},
    {"the empty address stays", "", "", ""},
    {"a lone @ is the empty address", "@", "", ""},
    {"myorigin is appended", "a", "a@mail.example.test", ""},
    {"not without append_at_myorigin", "a", "a", "append_at_myorigin = no\n"},
    {"mydomain is not appended by default", "a@b", "a@b", ""},
    {"mydomain is appended", "a@b", "a@b.example.test", "append_dot_mydomain = yes\n"},
    {"also after myorigin",
     "a", "a@host.example.test", "append_dot_mydomain = yes\nmyorigin = host\n"},
    {"not to an address literal", "a@[b]", "a@[b]", "append_dot_mydomain = yes\n"},
    {"not to nothing", "a@", "a@", "append_dot_mydomain = yes\n"},
    {"a dot at the end goes", "a@b.test.", "a@b.test", ""},
    {"two dots at the end stay", "a@b.test..", "a@b.test..", ""},
    {"a source route goes", "@x,@y:a@b.test", "a@b.test", ""},
    {"a bang path is turned around", "site!user", "user@site", ""},
    {"only its first host", "a!b!c", "b!c@a", ""},
    {"not with a domain", "site!user@b.test", "site!user@b.test", ""},
    {"not without swap_bangpath",
     "site!user", "site!user@mail.example.test", "swap_bangpath = no\n"},
    {"a percent is an at", "user%site", "user@site", ""},
    {"the last one", "a%b%c", "a%b@c", ""},
    {"not without allow_percent_hack",
     "user%site", "user%site@mail.example.test", "allow_percent_hack = no\n"},
    {"what needs quotes has no operators", "a b!c", "a b!c@mail.example.test", ""},
    {"strangers get their own domain",
     "remote a", "a@invalid.test", "remote_header_rewrite_domain = invalid.test\n"},
    {"or none", "remote a", "a", "remote_header_rewrite_domain =\n"},
};

/* [sender to ]address: class: transport:nexthop, -> the address if it changes, (routed) */
static const struct route_case resolve_cases[] = {
    {"a domain of mydestination", "a@local.test", "local: local:mail.example.test", ""},
    {"without case", "a@LOCAL.test", "local: local:mail.example.test", ""},
    {"with a dot at its end",
     "a@local.test.", "local: local:mail.example.test -> a@local.test", ""},
    {"no subdomain of it", "a@sub.local.test", "default: smtp:sub.local.test", ""},
    {"no domain at all", "a", "local: local:mail.example.test -> a@mail.example.test", ""},
    {"nothing at all", "", "local: local:mail.example.test -> MAILER-DAEMON@mail.example.test", ""},
    {"no user", "@local.test", "local: local:mail.example.test -> MAILER-DAEMON@local.test", ""},
    {"another recipient for nobody",
     "", "local: local:mail.example.test -> root@mail.example.test",
     "empty_address_recipient = root\n"},
    {"an own address", "a@[127.0.0.1]", "local: local:mail.example.test", ""},
    {"an own address in front of us", "a@[203.0.113.1]", "local: local:mail.example.test", ""},
    {"another address", "a@[192.0.2.1]", "default: smtp:[192.0.2.1]", ""},
    {"an IPv6 address", "a@[IPv6:2001:db8::1]", "default: smtp:[IPv6:2001:db8::1]", ""},
    {"an IPv6 address without its tag",
     "a@[2001:db8::1]", "default: error:5.1.3 bad address syntax", ""},
    {"an address without brackets", "a@192.0.2.1", "default: error:5.1.3 bad address syntax", ""},
    {"unless they are put there",
     "a@192.0.2.1", "default: smtp:[192.0.2.1] -> a@[192.0.2.1]", "resolve_numeric_domain = yes\n"},
    {"and it may be our own",
     "a@127.0.0.1", "local: local:mail.example.test -> a@[127.0.0.1]",
     "resolve_numeric_domain = yes\n"},
    {"an empty domain", "a@", "default: error:5.1.3 bad address syntax", ""},
    {"an empty domain that is ours",
     "a@", "local: local:mail.example.test -> a@mail.example.test", "resolve_null_domain = yes\n"},
    {"a domain with two dots", "a@b..test", "default: error:5.1.3 bad address syntax", ""},
    {"a domain with a hyphen before it",
     "a@-b.test", "default: error:5.1.3 bad address syntax", ""},
    {"a domain with a hyphen in it", "a@b-c.test", "default: smtp:b-c.test", ""},
    {"a domain with an underscore", "a@b_c.test", "default: smtp:b_c.test", ""},
    {"a domain beyond ASCII", "a@bü.test", "default: smtp:bü.test", ""},
    {"a domain beyond ASCII without SMTPUTF8",
     "a@bü.test", "default: error:5.1.3 bad address syntax", "smtputf8_enable = no\n"},
    {"octets that are no UTF-8", "a\xff@b.test", "default: error:5.1.3 bad address syntax", ""},
    {"any octets without SMTPUTF8", "a\xff@b.test", "default: smtp:b.test", "smtputf8_enable = no\n"},
    {"white space in the user", "a b@c.test", "default: smtp:c.test", ""},
    {"a hyphen before the user", "-a@b.test", "default: error:5.1.3 bad address syntax", ""},
    {"a hyphen that is allowed", "-a@b.test", "default: smtp:b.test", "allow_min_user = yes\n"},
    {"the percent hack on our domain",
     "a%b.test@local.test", "default: smtp:b.test -> a@b.test", ""},
    {"the percent hack between own domains",
     "a%local.test@localhost", "local: local:mail.example.test -> a@local.test", ""},
    {"no percent hack",
     "a%b.test@local.test", "local: local:mail.example.test (routed)", "allow_percent_hack = no\n"},
    {"a bang path on our domain", "b!a@local.test", "default: smtp:b -> a@b", ""},
    {"an at within the localpart", "a@b.test@local.test", "default: smtp:b.test -> a@b.test", ""},
    {"which quotes may hide",
     "a@b.test@local.test", "local: local:mail.example.test (routed)",
     "resolve_dequoted_address = no\n"},
    {"a route through a stranger", "a@b@c.test", "default: smtp:c.test (routed)", ""},
    {"a percent through a relay domain",
     "a%b.test@relay.test", "relay: relay:relay.test (routed)", ""},
    {"a virtual alias domain",
     "a@alias.test", "virtual_alias: error:5.1.1 User unknown in virtual alias table", ""},
    {"a virtual alias domain that hides its table",
     "a@alias.test", "virtual_alias: error:5.1.1 User unknown",
     "show_user_unknown_table_name = no\n"},
    {"a virtual mailbox domain", "a@box.test", "virtual_mailbox: virtual:box.test", ""},
    {"with a next hop of its own",
     "a@box.test", "virtual_mailbox: lmtp:unix:private/x",
     "virtual_transport = lmtp:unix:private/x\n"},
    {"a virtual mailbox domain in a table",
     "a@tab.test", "virtual_mailbox: virtual:tab.test",
     "virtual_mailbox_domains = inline:{tab.test=x}\n"},
    {"a table of domains that is broken",
     "a@tab.test", "unavailable", "virtual_mailbox_domains = fail:x\n"},
    {"own domains do not ask it",
     "a@local.test", "local: local:mail.example.test",
     "virtual_mailbox_domains = fail:x\nhelpful_warnings = no\n"},
    {"a relay domain", "a@relay.test", "relay: relay:relay.test", ""},
    {"a subdomain of it", "a@x.relay.test", "relay: relay:x.relay.test", ""},
    {"not where parents do not match",
     "a@x.relay.test", "default: smtp:x.relay.test", "parent_domain_matches_subdomains =\n"},
    {"unless with a dot",
     "a@x.relay.test", "relay: relay:x.relay.test",
     "parent_domain_matches_subdomains =\nrelay_domains = .relay.test\n"},
    {"a relay domain and relayhost",
     "a@relay.test", "relay: relay:[gw.test]", "relayhost = [gw.test]\n"},
    {"relay_transport beats relayhost",
     "a@relay.test", "relay: smtp:[in.test]:24",
     "relayhost = [gw.test]\nrelay_transport = smtp:[in.test]:24\n"},
    {"any other domain", "a@b.test", "default: smtp:b.test", ""},
    {"relayhost", "a@b.test", "default: smtp:[gw.test]:587", "relayhost = [gw.test]:587\n"},
    {"relayhost is not for us",
     "a@local.test", "local: local:mail.example.test", "relayhost = [gw.test]:587\n"},
    {"default_transport",
     "a@b.test", "default: error:outside mail is not deliverable",
     "default_transport = error:outside mail is not deliverable\n"},
    {"a transport without a name", "a@b.test", "unavailable", "default_transport = :x\n"},
    {"transport_maps: the address",
     "a@b.test", "default: x:y", "transport_maps = inline:{a@b.test=x:y, b.test=no}\n"},
    {"transport_maps: without extension",
     "a+c@b.test", "default: x:y", "transport_maps = inline:{a@b.test=x:y}\n"},
    {"transport_maps: the domain",
     "a@b.test", "default: x:y", "transport_maps = inline:{b.test=x:y, *=no}\n"},
    {"transport_maps: a parent with a dot",
     "a@c.b.test", "default: x:y", "transport_maps = inline:{.b.test=x:y, b.test=no}\n"},
    {"transport_maps: a bare parent",
     "a@c.b.test", "default: x:y",
     "transport_maps = inline:{b.test=x:y}\nparent_domain_matches_subdomains = transport_maps\n"},
    {"transport_maps: the wild card",
     "a@b.test", "default: x:y", "transport_maps = inline:{*=x:y}\n"},
    {"transport_maps: patterns see the address only",
     "a@b.test", "default: smtp:b.test", "transport_maps = regexp:{{/^b/ x:y}}\n"},
    {"transport_maps: a pattern",
     "a@b.test", "default: x:y", "transport_maps = regexp:{{/@b/ x:y}}\n"},
    {"transport_maps: nothing changes",
     "a@b.test", "default: smtp:[gw.test]",
     "transport_maps = inline:{b.test=:}\nrelayhost = [gw.test]\n"},
    {"transport_maps: no next hop is the domain",
     "a@b.test", "default: x:b.test",
     "transport_maps = inline:{b.test=x:}\nrelayhost = [gw.test]\n"},
    {"transport_maps: nor is a colon needed",
     "a@b.test", "default: x:b.test",
     "transport_maps = inline:{b.test=x}\nrelayhost = [gw.test]\n"},
    {"transport_maps: only the next hop",
     "a@b.test", "default: smtp:[in.test]:24", "transport_maps = inline:{b.test=:[in.test]:24}\n"},
    {"transport_maps: error without a reason",
     "a@b.test", "default: error:Address is undeliverable",
     "transport_maps = inline:{b.test=error}\n"},
    {"transport_maps for own domains too",
     "a@local.test", "local: x:y", "transport_maps = inline:{local.test=x:y}\n"},
    {"transport_maps: not for virtual alias domains",
     "a@alias.test", "virtual_alias: error:5.1.1 User unknown in virtual alias table",
     "transport_maps = inline:{*=x:y}\n"},
    {"transport_maps that are broken", "a@b.test", "unavailable", "transport_maps = fail:x\n"},
    {"a sender's relayhost",
     "me@here.test to a@b.test", "default: smtp:[s.test]",
     "sender_dependent_relayhost_maps = inline:{me@here.test=[s.test]}\nrelayhost = [gw.test]\n"},
    {"a sender's domain's relayhost",
     "me+x@here.test to a@b.test", "default: smtp:[s.test]",
     "sender_dependent_relayhost_maps = inline:{@here.test=[s.test]}\n"},
    {"another sender's relayhost",
     "you@here.test to a@b.test", "default: smtp:[gw.test]",
     "sender_dependent_relayhost_maps = inline:{me@here.test=[s.test]}\nrelayhost = [gw.test]\n"},
    {"nobody's relayhost",
     "a@b.test", "default: smtp:[s.test]",
     "sender_dependent_relayhost_maps = inline:{<>=[s.test]}\n"},
    {"DUNNO overrides relayhost",
     "me@here.test to a@b.test", "default: smtp:b.test",
     "sender_dependent_relayhost_maps = static:dunno\nrelayhost = [gw.test]\n"},
    {"a sender's transport",
     "me@here.test to a@b.test", "default: x:y",
     "sender_dependent_default_transport_maps = inline:{me@here.test=x:y}\n"},
    {"DUNNO keeps default_transport",
     "me@here.test to a@b.test", "default: smtp:b.test",
     "sender_dependent_default_transport_maps = static:DUNNO\n"},
    {"a sender's table that is broken",
     "me@here.test to a@b.test", "unavailable",
     "sender_dependent_default_transport_maps = fail:x\n"},
    {"relocated",
     "a@b.test", "default: error:5.1.6 User has moved to c@d.test",
     "relocated_maps = inline:{a@b.test=c@d.test}\n"},
    {"relocated, by name on our domain",
     "a@local.test", "local: error:5.1.6 User has moved to c@d.test",
     "relocated_maps = inline:{a=c@d.test}\n"},
};

/* address: known, unknown: where it was looked for, or unavailable */
static const struct route_case exists_cases[] = {
    {"everybody, where there is no table", "a@local.test", "known", ""},
    {"a local user by name", "a@local.test", "known", "local_recipient_maps = inline:{a=x}\n"},
    {"a local user with extension",
     "a+b@local.test", "known", "local_recipient_maps = inline:{a=x}\n"},
    {"no such local user",
     "b@local.test", "unknown: local recipient table", "local_recipient_maps = inline:{a=x}\n"},
    {"postmaster always",
     "Postmaster@local.test", "known", "local_recipient_maps = inline:{a=x}\n"},
    {"a table that is broken", "a@local.test", "unavailable", "local_recipient_maps = fail:x\n"},
    {"a virtual mailbox", "a@box.test", "known", "virtual_mailbox_maps = inline:{a@box.test=x}\n"},
    {"names without domain are not for virtual mailboxes",
     "a@box.test", "unknown: virtual mailbox table", "virtual_mailbox_maps = inline:{a=x}\n"},
    {"a catch-all", "b@box.test", "known", "virtual_mailbox_maps = inline:{@box.test=x}\n"},
    {"a virtual alias", "a@alias.test", "known", "virtual_alias_maps = inline:{a@alias.test=x}\n"},
    {"no such virtual alias",
     "b@alias.test", "unknown: virtual alias table",
     "virtual_alias_maps = inline:{a@alias.test=x}\n"},
    {"a virtual alias anywhere",
     "b@box.test", "known",
     "virtual_mailbox_maps = inline:{a@box.test=x}\nvirtual_alias_maps = inline:{b@box.test=x}\n"},
    {"a canonical address",
     "b@box.test", "known",
     "virtual_mailbox_maps = inline:{a@box.test=x}\n"
     "recipient_canonical_maps = inline:{b@box.test=x}\n"},
    {"a relay recipient",
     "a@relay.test", "known", "relay_recipient_maps = inline:{a@relay.test=x}\n"},
    {"no such relay recipient",
     "b@relay.test", "unknown: relay recipient table",
     "relay_recipient_maps = inline:{a@relay.test=x}\n"},
    {"strangers all exist",
     "b@b.test", "known",
     "relay_recipient_maps = inline:{a@relay.test=x}\nlocal_recipient_maps = inline:{a=x}\n"},
    {"what is undeliverable does not",
     "b@b.test", "unknown", "transport_maps = inline:{ {b.test=error:5.1.2 gone} }\n"},
    {"except as an alias",
     "b@b.test", "known",
     "transport_maps = inline:{b.test=error:gone}\nvirtual_alias_maps = inline:{b@b.test=x}\n"},
};

/* address: all that it becomes */
static const struct route_case alias_cases[] = {
    {"without tables", "a@b.test", "a@b.test", ""},
    {"what is not there stays", "a@b.test", "a@b.test", "virtual_alias_maps = inline:{x=y}\n"},
    {"one for one", "a@b.test", "c@d.test", "virtual_alias_maps = inline:{a@b.test=c@d.test}\n"},
    {"two for one",
     "a@b.test", "c@d.test e@f.test",
     "virtual_alias_maps = inline:{ {a@b.test=c@d.test, e@f.test} }\n"},
    {"a name becomes an address",
     "a@b.test", "c@mail.example.test", "virtual_alias_maps = inline:{a@b.test=c}\n"},
    {"a name of ours", "a@local.test", "c@d.test", "virtual_alias_maps = inline:{a=c@d.test}\n"},
    {"a name of ours, by myorigin",
     "a@origin.test", "c@d.test",
     "virtual_alias_maps = inline:{a=c@d.test}\nmyorigin = origin.test\n"},
    {"a name elsewhere is not ours",
     "a@b.test", "a@b.test", "virtual_alias_maps = inline:{a=c@d.test}\n"},
    {"a domain", "a@b.test", "c@d.test", "virtual_alias_maps = inline:{@b.test=c@d.test}\n"},
    {"a domain for a domain",
     "a@b.test", "a@d.test", "virtual_alias_maps = inline:{@b.test=@d.test}\n"},
    {"the extension comes along",
     "a+x@b.test", "c+x@d.test", "virtual_alias_maps = inline:{a@b.test=c@d.test}\n"},
    {"not when told",
     "a+x@b.test", "c@d.test",
     "virtual_alias_maps = inline:{a@b.test=c@d.test}\n"
     "propagate_unmatched_extensions = canonical\n"},
    {"once only", "a+x@b.test", "a+x@d.test", "virtual_alias_maps = inline:{a@b.test=@d.test}\n"},
    {"not when it was asked for",
     "a+x@b.test", "c@d.test", "virtual_alias_maps = inline:{a+x@b.test=c@d.test, a@b.test=no}\n"},
    {"again and again",
     "a@b.test", "g@h.test",
     "virtual_alias_maps = inline:{a@b.test=c@d.test, c@d.test=g@h.test}\n"},
    {"an alias may name itself",
     "a@b.test", "A@b.test c@d.test",
     "virtual_alias_maps = inline:{ {a@b.test=A@b.test, c@d.test} }\n"},
    {"a circle ends in a deferral",
     "a@b.test", "unavailable",
     "virtual_alias_maps = inline:{a@b.test=c@d.test, c@d.test=a@b.test}\n"},
    {"too deep",
     "a@b.test", "unavailable",
     "virtual_alias_maps = inline:{a@b.test=c@d.test, c@d.test=g@h.test}\n"
     "virtual_alias_recursion_limit = 1\n"},
    {"too many",
     "a@b.test", "unavailable",
     "virtual_alias_maps = inline:{ {a@b.test=c@d.test, e@f.test, g@h.test} }\n"
     "virtual_alias_expansion_limit = 2\n"},
    {"too long",
     "a@b.test", "unavailable",
     "virtual_alias_maps = inline:{a@b.test=longer@d.test}\n"
     "virtual_alias_address_length_limit = 5\n"},
    {"an answer without address",
     "a@b.test", "unavailable", "virtual_alias_maps = inline:{a@b.test=(x)}\n"},
    {"a broken table", "a@b.test", "unavailable", "virtual_alias_maps = fail:x\n"},
    {"quoted addresses, as tables have them",
     "a b@b.test", "c@d.test", "virtual_alias_maps = inline:{ {\"a b\"@b.test=c@d.test} }\n"},
    {"and as they are inside",
     "a..b@b.test", "c@d.test", "virtual_alias_maps = inline:{a..b@b.test=c@d.test}\n"},
    {"patterns see the address only",
     "a+x@b.test", "a@d.test",
     "virtual_alias_maps = regexp:{{/^(.*)\\+.*@b\\.test$$/ $${1}@d.test}, {/^a@b/ no@no.test}}\n"},
    {"the null address has no aliases", "", "", "virtual_alias_maps = static:a@b.test\n"},
};

/* envelope or header, sender or recipient, address: what it becomes */
static const struct route_case canonical_cases[] = {
    {"without tables", "envelope sender a@b.test", "a@b.test", ""},
    {"canonical_maps for a sender",
     "envelope sender a@b.test", "c@d.test", "canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"for a recipient",
     "envelope recipient a@b.test", "c@d.test", "canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"for a header",
     "header recipient a@b.test", "c@d.test", "canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"classes",
     "header recipient a@b.test", "a@b.test",
     "canonical_maps = inline:{a@b.test=c@d.test}\ncanonical_classes = envelope_recipient\n"},
    {"sender_canonical_maps come first",
     "envelope sender a@b.test", "e@f.test",
     "sender_canonical_maps = inline:{a@b.test=c@d.test}\n"
     "canonical_maps = inline:{c@d.test=e@f.test, a@b.test=no}\n"},
    {"sender_canonical_maps are for senders",
     "envelope recipient a@b.test", "a@b.test",
     "sender_canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"recipient_canonical_maps for recipients",
     "envelope recipient a@b.test", "c@d.test",
     "recipient_canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"sender_canonical_classes",
     "header sender a@b.test", "a@b.test",
     "sender_canonical_maps = inline:{a@b.test=c@d.test}\n"
     "sender_canonical_classes = envelope_sender\n"},
    {"again and again",
     "envelope sender a@b.test", "e@f.test",
     "canonical_maps = inline:{a@b.test=c@d.test, c@d.test=e@f.test}\n"},
    {"a circle ends in a deferral",
     "envelope sender a@b.test", "unavailable",
     "canonical_maps = inline:{a@b.test=c@d.test, c@d.test=a@b.test}\n"},
    {"the extension comes along",
     "envelope sender a+x@b.test", "c+x@d.test", "canonical_maps = inline:{a@b.test=c@d.test}\n"},
    {"a broken table", "envelope sender a@b.test", "unavailable", "canonical_maps = fail:x\n"},
    {"the null sender stays", "envelope sender ", "", "canonical_maps = static:a@b.test\n"},
};

/* clang-format on */

static void run_rewrite(void **state)
{
    const struct route_case *c = *state;
    struct fixture fixture = start(c->settings);
    bool remote = strncmp(c->question, "remote ", strlen("remote ")) == 0;
    const char *address = c->question + (remote ? strlen("remote ") : 0);

    assert_string_equal(route_rewrite(fixture.route, fixture.arena, address, remote), c->answer);
    stop(&fixture);
}

/* "sender to recipient" */
static const char *split_question(struct arena *arena, const char *question, const char **sender_r)
{
    const char *to = strstr(question, " to ");

    *sender_r = to == NULL ? "" : arena_text(arena, span_of(question, (size_t)(to - question)));
    return to == NULL ? question : to + strlen(" to ");
}

static const char *describe(struct arena *arena, const char *asked,
                            const struct route_target *target)
{
    static const char *const classes[] = {"local", "virtual_alias", "virtual_mailbox", "relay",
                                          "default"};
    bool changed = strcmp(asked, target->recipient) != 0;

    assert_int_equal(target->local_domain, target->class == CLASS_LOCAL);
    return arena_printf(arena, "%s: %s:%s%s%s%s", classes[target->class], target->transport,
                        target->nexthop, changed ? " -> " : "", changed ? target->recipient : "",
                        target->is_routed ? " (routed)" : "");
}

static void run_resolve(void **state)
{
    const struct route_case *c = *state;
    struct fixture fixture = start(c->settings);
    struct route_target target;
    struct error err = {0};
    const char *sender;
    const char *recipient = split_question(fixture.arena, c->question, &sender);
    const char *answer = "unavailable";

    if (route_resolve(fixture.route, fixture.arena, sender, recipient, &target, &err) == MAP_FOUND)
        answer = describe(fixture.arena, recipient, &target);
    else
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_string_equal(answer, c->answer);
    stop(&fixture);
}

static void run_exists(void **state)
{
    const struct route_case *c = *state;
    struct fixture fixture = start(c->settings);
    struct route_target target;
    const char *table = NULL;
    const char *answer = NULL;
    struct error err = {0};

    assert_int_equal(route_resolve(fixture.route, fixture.arena, "", c->question, &target, &err),
                     MAP_FOUND);
    switch (route_recipient_exists(fixture.route, &target, &table, &err)) {
    case MAP_FOUND:
        answer = "known";
        break;
    case MAP_ABSENT:
        answer = table == NULL ? "unknown" : arena_printf(fixture.arena, "unknown: %s", table);
        break;
    case MAP_UNAVAILABLE:
        answer = "unavailable";
        break;
    }
    assert_string_equal(answer, c->answer);
    stop(&fixture);
}

static void run_alias(void **state)
{
    const struct route_case *c = *state;
    struct fixture fixture = start(c->settings);
    const char **recipients;
    size_t count;
    const char *answer = "";
    struct error err = {0};

    if (route_expand_aliases(fixture.route, fixture.arena, c->question, &recipients, &count,
                             &err) == MAP_FOUND) {
        for (size_t i = 0; i < count; i++)
            answer =
                arena_printf(fixture.arena, "%s%s%s", answer, i == 0 ? "" : " ", recipients[i]);
    } else {
        answer = "unavailable";
    }
    assert_string_equal(answer, c->answer);
    stop(&fixture);
}

static void run_canonical(void **state)
{
    const struct route_case *c = *state;
    struct fixture fixture = start(c->settings);
    struct span rest = span_text(c->question);
    bool in_header = span_equal_text(span_take_until(&rest, ' '), "header");
    bool is_sender = span_equal_text(span_take_until(&rest, ' '), "sender");
    const char *canonical;
    struct error err = {0};

    if (route_canonical(fixture.route, fixture.arena, arena_text(fixture.arena, rest), is_sender,
                        in_header, &canonical, &err) == MAP_UNAVAILABLE)
        canonical = "unavailable";
    assert_string_equal(canonical, c->answer);
    stop(&fixture);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(rewrite_cases) + ARRAY_LENGTH(resolve_cases) +
                            ARRAY_LENGTH(exists_cases) + ARRAY_LENGTH(alias_cases) +
                            ARRAY_LENGTH(canonical_cases)];
    size_t count = 0;
    char *path;
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    UNIT_ADD_ROWS(tests, count, rewrite_cases, run_rewrite);
    UNIT_ADD_ROWS(tests, count, resolve_cases, run_resolve);
    UNIT_ADD_ROWS(tests, count, exists_cases, run_exists);
    UNIT_ADD_ROWS(tests, count, alias_cases, run_alias);
    UNIT_ADD_ROWS(tests, count, canonical_cases, run_canonical);
    failed = unit_run("route", tests, count);
    path = mem_printf("%s/main.cf", directory);
    (void)unlink(path);
    mem_free(path);
    (void)rmdir(directory);
    return failed;
}
