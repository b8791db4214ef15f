/*
 * The grammar of IMAP's commands (RFC 3501 section 9): what is taken from a command's text. Literals
 * stand in it as they came, "{5}\r\nhello". Each function moves the cursor only when it returns true.
 */
#ifndef BUZON_IMAPD_PARSE_H
#define BUZON_IMAPD_PARSE_H

#include "lib/base/strlist.h"

/* parse_space - a space; several are taken as one, for clients that write so */
bool parse_space(struct cursor *at) MUST_CHECK;
/* parse_more - in a list: spaces, and another item behind them; false at its end, spaces before that are
 * taken */
bool parse_more(struct cursor *at) MUST_CHECK;
/* parse_end - nothing is left, but spaces */
bool parse_end(const struct cursor *at) MUST_CHECK;
/* parse_word - this word, in any case, and no longer one */
bool parse_word(struct cursor *at, const char *word) MUST_CHECK;
/* parse_atom - at least one octet that is no special */
bool parse_atom(struct cursor *at, struct span *atom_r) MUST_CHECK;
/* parse_string - quoted or literal, the octets unquoted (the arena's) */
bool parse_string(struct arena *arena, struct cursor *at, struct span *text_r) MUST_CHECK;
/* parse_string8 - likewise, or a literal8, "~{5}\r\n...", which may hold NULs (RFC 3516) */
bool parse_string8(struct arena *arena, struct cursor *at, struct span *text_r) MUST_CHECK;
/* parse_astring - atom, which may hold ']', or string */
bool parse_astring(struct arena *arena, struct cursor *at, struct span *text_r) MUST_CHECK;
/* parse_list_mailbox - astring with LIST's wildcards */
bool parse_list_mailbox(struct arena *arena, struct cursor *at, struct span *text_r) MUST_CHECK;
/* parse_number - up to `limit` */
bool parse_number(struct cursor *at, uint64_t limit, uint64_t *number_r) MUST_CHECK;

/* A literal's announcement at the very end of a line: "{42}" or "{42+}". */
struct literal {
    uint64_t size;
    bool synchronizing;
};
/* parse_literal_at_end - *line_r is what stands before it. false: the line ends without one. */
bool parse_literal_at_end(struct span line, struct span *line_r,
                          struct literal *literal_r) MUST_CHECK;

/* System flags (lib/store's bits) and keywords, "(\Seen foo)" or without parentheses. \Recent, and flags
 * that are none, are refused. */
struct flag_list {
    uint32_t flags;
    struct strlist keywords;
};
bool parse_flag_list(struct cursor *at, struct flag_list *list) MUST_CHECK;
void flag_list_release(struct flag_list *list);

#endif
