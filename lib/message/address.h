/*
 * Mail addresses. Two forms: external, as on the wire and in headers, with quoting ("a b"@x); and
 * internal, unquoted (a b@x), in which tables are asked and queue files store them. Sources: RFC 5321
 * section 4.1.2, RFC 5322 section 3.4, RFC 6531.
 */
#ifndef BUZON_LIB_MESSAGE_ADDRESS_H
#define BUZON_LIB_MESSAGE_ADDRESS_H

#include "lib/base/base.h"

#define ADDRESS_MAX 2048 /* octets of an address in memory; longer ones are refused */

/* address_unquote - external to internal form; address_quote - internal to external, as SMTP and
 * header fields want it (RFC 5321 and RFC 5322 quote alike) */
const char *address_unquote(struct arena *arena, struct span external);
const char *address_quote(struct arena *arena, const char *internal);

/* address_domain - what follows the last @; empty when there is none. Internal form. */
struct span address_domain(const char *address);
struct span address_localpart(const char *address);

/*
 * address_split_extension - the user and the extension of a localpart: "user+ext"
 *
 *  rule         extension_rule_of() a configuration (lib/map/map.h)
 *  user_r       the localpart as it is, when there is no extension
 *  extension_r  with its delimiter
 *
 * False, and no extension: for postmaster, mailer-daemon and double_bounce_sender; with "-" among the
 * delimiters for owner-* and *-request, unless the rule splits them too; and where nothing stands before
 * the delimiter.
 */
struct extension_rule {
    const char *delimiters;    /* recipient_delimiter; "" for none */
    const char *double_bounce; /* double_bounce_sender */
    bool splits_owner_request; /* owner_request_special = no */
};
bool address_split_extension(struct extension_rule rule, struct span localpart, struct span *user_r,
                             struct span *extension_r) MUST_CHECK;

/*
 * address_parse_path - the path of MAIL and RCPT: "<@a,@b:user@dom>", "<>", "<user>", and, unless
 * `strict` (strict_rfc821_envelopes), forms without <>, with too many of them and with comments, as
 * Postfix takes them
 *
 *  at         moved behind the path, which white space or the end follows
 *  address_r  internal form, source route dropped, "" for "<>"; no control characters in it
 *
 * PARSE_INCOMPLETE: the end came too early, which for a whole line is as good as malformed.
 */
enum parse_result address_parse_path(struct arena *arena, struct cursor *at, bool strict,
                                     const char **address_r) MUST_CHECK;

/* One element of an address list in a header (RFC 5322 section 3.4, with the obsolete forms that
 * occur); groups appear as IMAP ENVELOPE shows them. */
struct header_address {
    struct span display_name; /* unfolded, unquoted, encoded words left; arena's */
    struct span route;
    struct span localpart; /* internal form; a group's start has the name here and no domain */
    struct span domain;
    enum { ADDRESS_PLAIN, ADDRESS_GROUP_START, ADDRESS_GROUP_END } kind;
    size_t first, past; /* octets of the address within the field body, without <>, name and
                           comments around it: for rewriting in place */
};

/* address_parse_list - never fails: what cannot be understood becomes the best guess (as mail
 * readers do), at most `limit` elements; a phrase without an address has no localpart. Linear in the
 * length of the body, whatever is in it. */
struct header_address *address_parse_list(struct arena *arena, struct span body, size_t limit,
                                          size_t *count_r);
/* address_parse_recipients - the same for what is meant as recipients (values of tables, aliases,
 * sendmail -t), where Postfix needs no commas: "ann bob@example.com" are two */
struct header_address *address_parse_recipients(struct arena *arena, struct span body, size_t limit,
                                                size_t *count_r);

/* address_token_end - behind the quoted string, comment, domain literal or octet at `at`, which is in the body */
size_t address_token_end(struct span body, size_t at);

#endif
