/*
 * Unique ids of messages, by which clients know what they have downloaded. A server that is replaced must go on
 * with the ids that it gave out: kept ones (the extension P of dovecot-uidlist), those in the field X-UIDL, or
 * what pop3_uidl_format makes in the form of that server.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/base/variables.h"
#include "lib/store/pop3.h"

#include <openssl/evp.h>

#define UIDL_MAX   512           /* octets; RFC 1939 has 70, names of files are longer */
#define HEADER_MAX (256U * 1024) /* of a header that MD5 is made of */

/* --- the format ------------------------------------------------------------------------------------------------- */

/* Dovecot's letter and its longer name of version 2.4. */
static bool is_variable(struct span name, const char *letter, const char *word)
{
    return span_equal_text(name, letter) || span_equal_text(name, word);
}

static bool get(void *context, struct span name, struct buf *value)
{
    const struct pop3_uidl_values *values = context;

    if (is_variable(name, "u", "uid"))
        return buf_printf(value, "%" PRIu32, values->uid);
    if (is_variable(name, "v", "uidvalidity"))
        return buf_printf(value, "%" PRIu32, values->uidvalidity);
    if (is_variable(name, "f", "filename"))
        return buf_append_text(value, values->file);
    if (is_variable(name, "g", "guid"))
        return buf_append_text(value, values->guid);
    return is_variable(name, "m", "md5") && values->md5 != NULL &&
           buf_append_text(value, values->md5);
}

/* RFC 1939 section 7: one or more characters from 0x21 to 0x7E. */
static bool is_good(struct span uidl)
{
    for (size_t i = 0; i < uidl.len; i++)
        if (uidl.data[i] <= ' ' || uidl.data[i] > '~')
            return false;
    return uidl.len > 0 && uidl.len <= UIDL_MAX;
}

bool pop3_uidl(const char *format, const struct pop3_uidl_values *values, struct buf *out,
               struct error *err)
{
    struct pop3_uidl_values copy = *values;
    const size_t before = out->len;

    if (!variables_expand(format, get, &copy, out, err)) {
        error_prefix(err, "pop3_uidl_format");
        return false;
    }
    if (is_good(span_skip(buf_span(out), before)))
        return true;
    error_set(err, ERROR_PERMANENT, "pop3_uidl_format: \"%s\" gives no unique id", format);
    return false;
}

/* Does it fail when only the MD5 is not there? */
static bool needs_md5(const char *format)
{
    struct buf uidl = BUF(UIDL_MAX * 2);
    const struct pop3_uidl_values values = {.file = "f", .guid = "g"};
    bool needs = !pop3_uidl(format, &values, &uidl, NULL);

    buf_release(&uidl);
    return needs;
}

/* --- %m ------------------------------------------------------------------------------------------------------------ */

enum identifying { IDENTIFIES_NEVER, IDENTIFIES_ALWAYS, IDENTIFIES_UNTIL_RECEIVED, RECEIVED };

/* Of Received the first one counts, and is trusted more than what the sender wrote. */
static enum identifying identify(struct span name)
{
    static const struct {
        const char *name;
        enum identifying kind;
    } fields[] = {
        {"Date",          IDENTIFIES_UNTIL_RECEIVED},
        {"Delivered-To",  IDENTIFIES_ALWAYS        },
        {"Message-ID",    IDENTIFIES_UNTIL_RECEIVED},
        {"Received",      RECEIVED                 },
        {"X-Delivery-ID", IDENTIFIES_ALWAYS        },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (span_equal_text_nocase(name, fields[i].name))
            return fields[i].kind;
    return IDENTIFIES_NEVER;
}

static bool counts(enum identifying kind, bool *received)
{
    const bool before = *received;

    if (kind == RECEIVED)
        *received = true;
    return kind == IDENTIFIES_ALWAYS || (kind != IDENTIFIES_NEVER && !before);
}

static bool is_continued(struct span line)
{
    return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

void pop3_header_md5(struct span header, char md5_r[33])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool received = false, taken = false;

    (void)EVP_DigestInit_ex(context, EVP_md5(), NULL);
    while (header.len > 0) {
        struct span line = span_take_until(&header, '\n'), value = line;
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            break;
        value = line;
        if (!is_continued(line)) {
            struct span name = span_trim(span_take_until(&value, ':'));
            taken = counts(identify(name), &received);
            value = value.len > 0 && value.data[0] == ' ' ? span_skip(value, 1) : value;
        }
        if (taken)
            (void)EVP_DigestUpdate(context, value.data, value.len);
    }
    (void)EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    for (size_t i = 0; i < 16; i++)
        for (int half = 0; half < 2; half++)
            md5_r[2 * i + half] = "0123456789abcdef"[half == 0 ? digest[i] >> 4 : digest[i] & 15];
    md5_r[32] = '\0';
}

/* --- all messages ---------------------------------------------------------------------------------------------------- */

struct naming {
    struct pop3_session *session;
    const struct pop3_names *names;
    const char **stored; /* by index in the mailbox: what another server, or we, gave out before */
    const char **generated; /* by index in the mailbox: what is new, to be kept */
    bool needs_md5;
    struct buf work;
};

static bool compute_md5(struct naming *naming, uint32_t index, char md5_r[33], struct error *err)
{
    struct message_file file;
    char *header;
    size_t len;
    bool read;

    if (!mailbox_open_message(naming->session->mailbox, index, &file, err))
        return false;
    len = file.size < HEADER_MAX ? (size_t)file.size : HEADER_MAX;
    header = mem_alloc(len + 1);
    read = pread_all(file.fd, header, len, (off_t)file.offset);
    if (read)
        pop3_header_md5(span_of(header, len), md5_r);
    else
        error_errno(err, "read a message");
    fd_close(&file.fd);
    mem_free(header);
    return read;
}

/* The field X-UIDL, if the message has a good one. */
static bool find_xuidl(struct naming *naming, uint32_t index, const char **uidl_r,
                       struct error *err)
{
    static char name[] = "X-UIDL";
    char *items[] = {name};
    const struct strlist wanted = {items, 1, 1};
    struct message_metadata metadata;
    struct span rest;

    *uidl_r = NULL;
    if (!mailbox_metadata(naming->session->mailbox, index, WANT_HEADERS, &wanted, &metadata, err))
        return err->number == ENOENT;
    for (rest = metadata.headers; rest.len > 0;) {
        struct span line = span_take_until(&rest, '\n');
        if (!span_starts_with_nocase(line, "X-UIDL:"))
            continue;
        line = span_trim(span_skip(line, 7));
        if (is_good(line))
            *uidl_r = arena_text(naming->session->arena, line);
    }
    return true;
}

static bool generate(struct naming *naming, uint32_t index, const char **uidl_r, struct error *err)
{
    const struct pop3_session *session = naming->session;
    char md5[33] = "";
    struct pop3_uidl_values values = {
        .uid = session->mailbox->messages[index].uid,
        .uidvalidity = session->mailbox->uidvalidity,
        .file = naming->names[index].file,
        .guid = naming->names[index].guid,
        .md5 = md5,
    };

    /* What another program removed gets an id that nobody will ask for. */
    if (naming->needs_md5 && !compute_md5(naming, index, md5, err) && err->number != ENOENT)
        return false;
    buf_clear(&naming->work);
    if (!pop3_uidl(session->config->pop3_uidl_format, &values, &naming->work, err))
        return false;
    *uidl_r = arena_text(session->arena, buf_span(&naming->work));
    naming->generated[index] = *uidl_r;
    return true;
}

static bool name_message(struct naming *naming, struct pop3_message *message, struct error *err)
{
    const char *stored = naming->stored[message->index];

    message->uidl = NULL;
    if (stored != NULL && is_good(span_text(stored)))
        message->uidl = stored;
    else if (naming->session->config->pop3_reuse_xuidl &&
             !find_xuidl(naming, message->index, &message->uidl, err))
        return false;
    return message->uidl != NULL || generate(naming, message->index, &message->uidl, err);
}

static bool name_all(struct naming *naming, struct error *err)
{
    struct pop3_session *session = naming->session;
    bool named = mailbox_begin_reading(session->mailbox, err);

    for (size_t i = 0; named && i < session->count; i++)
        named = name_message(naming, &session->messages[i], err);
    mailbox_end_reading(session->mailbox);
    return named;
}

bool session_load_uidls(struct pop3_session *session, struct error *err)
{
    struct arena *arena = session->arena;
    struct pop3_names *names;
    struct naming naming = {
        .session = session,
        .needs_md5 = needs_md5(session->config->pop3_uidl_format),
        .work = BUF(UIDL_MAX * 2),
    };

    naming.generated = arena_array(arena, const char *, session->mailbox->count + 1);
    session->has_uidls = mailbox_pop3_names(session->mailbox, arena, &names, err) &&
                         mailbox_pop3_uidls(session->mailbox, arena, &naming.stored, err);
    naming.names = names;
    session->has_uidls = session->has_uidls && name_all(&naming, err) &&
                         (!session->config->pop3_save_uidl ||
                          mailbox_pop3_keep(session->mailbox, naming.generated, err));
    buf_release(&naming.work);
    return session->has_uidls;
}
