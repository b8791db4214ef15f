/* ID: RFC 2971. */
#include "lib/base/base.h"

#include "imapd/command.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/message/imap_text.h"

#include <sys/utsname.h>

#define FIELDS_MAX 30   /* of what a client says; RFC 2971 section 3.3 */
#define FIELD_MAX  30   /* octets of a field's name */
#define VALUE_MAX  1024 /* octets of its value */

/* --- what the client says ------------------------------------------------------------------------ */

static void put_logged(const struct imapd_session *session, struct buf *line, struct span field,
                       struct span value)
{
    const char *wanted = session->config->imap_id_log;
    char *name = mem_span(field);

    if (strcmp(wanted, "*") == 0 || strlist_text_has(wanted, ", \t", name))
        buf_put_printf(line, "%s%s=%.*s", line->len == 0 ? "" : ", ", name, SPAN_PRINTF(value));
    mem_free(name);
}

/* "NIL" / "(" [string SP nstring *(SP string SP nstring)] ")" */
static bool take_fields(struct imapd_session *session, struct cursor *at, struct buf *line)
{
    size_t count = 0;

    if (!parse_space(at) || parse_word(at, "NIL"))
        return true;
    if (!cursor_take(at, '('))
        return false;
    if (cursor_take(at, ')'))
        return true;
    do {
        struct span field, value = SPAN_EMPTY;
        if (count++ == FIELDS_MAX || !parse_string(session->arena, at, &field) ||
            field.len > FIELD_MAX || !parse_space(at) ||
            (!parse_word(at, "NIL") && !parse_string(session->arena, at, &value)) ||
            value.len > VALUE_MAX)
            return false;
        if (value.data != NULL)
            put_logged(session, line, field, value);
    } while (parse_more(at));
    return cursor_take(at, ')');
}

/* --- what we say ------------------------------------------------------------------------------- */

static const char *own_value(const struct imapd_session *session, const struct utsname *system,
                             const char *field)
{
    if (strcmp(field, "name") == 0)
        return session->config->mail_name;
    if (strcmp(field, "version") == 0)
        return session->config->mail_version;
    if (strcmp(field, "os") == 0)
        return system->sysname;
    if (strcmp(field, "os-version") == 0)
        return system->release;
    return NULL;
}

static void put_own(struct imapd_session *session)
{
    struct strlist words = STRLIST_EMPTY;
    struct buf *out = &session->response;
    struct utsname system = {0};

    uname(&system);
    strlist_split(&words, session->config->imap_id_send, " \t");
    buf_put_text(out, words.count < 2 ? "* ID NIL" : "* ID (");
    for (size_t i = 0; i + 1 < words.count; i += 2) {
        const char *value = words.items[i + 1];
        if (strcmp(value, "*") == 0)
            value = own_value(session, &system, words.items[i]);
        if (i > 0)
            buf_put_char(out, ' ');
        imap_put_string(out, span_text(words.items[i]));
        buf_put_char(out, ' ');
        imap_put_nstring(out, span_text(value));
    }
    buf_put_text(out, words.count < 2 ? "\r\n" : ")\r\n");
    strlist_release(&words);
}

void imapd_run_id(struct imapd_session *session, struct cursor at)
{
    struct buf line = BUF(BUF_UNLIMITED);

    if (!take_fields(session, &at, &line) || !parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Invalid ID parameters.");
    } else {
        if (line.len > 0)
            log_info("imap(%s)<%s>: ID sent: %s", session->user, session->id, buf_text(&line));
        put_own(session);
        imapd_ok(session, "ID completed.");
    }
    buf_release(&line);
}
