/*
 * SEARCH BODY and TEXT: parts that are text, with their transfer encoding and charset undone. TEXT
 * looks at the headers too.
 */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "lib/base/file.h"
#include "lib/message/encoding.h"

#include <sys/mman.h>

#define MEMORY_MAX                                                                                 \
    (1024 * 1024) /* octets of a message that are read as one; longer ones are mapped */

void search_forget_message(struct search_match *match)
{
    if (match->map != NULL)
        munmap(match->map, match->map_len);
    match->map = NULL;
    match->is_read = false;
    arena_reset(match->arena);
}

static bool map_file(struct search_match *match, const struct message_file *file)
{
    uint64_t page = file->offset & 4095; /* a mapping starts at a page */
    size_t len = (size_t)(file->size + page);
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file->fd, (off_t)(file->offset - page));

    if (map == MAP_FAILED) {
        error_errno(&match->err, "map message file");
        match->err.kind = ERROR_TEMPORARY;
        return false;
    }
    match->map = map;
    match->map_len = len;
    match->content = span_of((char *)map + page, (size_t)file->size);
    return true;
}

static bool read_file(struct search_match *match, const struct message_file *file)
{
    char *room;

    if (file->size > MEMORY_MAX)
        return map_file(match, file);
    buf_clear(&match->file);
    room = buf_reserve(&match->file, (size_t)file->size);
    if (room == NULL || !pread_all(file->fd, room, (size_t)file->size, (off_t)file->offset)) {
        error_set(&match->err, ERROR_TEMPORARY, "message file cannot be read");
        return false;
    }
    buf_commit(&match->file, (size_t)file->size);
    match->content = buf_span(&match->file);
    return true;
}

static bool need_content(struct search_match *match)
{
    struct message_file file;
    bool done;

    if (match->is_read)
        return true;
    if (!search_need(match, WANT_BODYSTRUCTURE) ||
        !mailbox_open_message(match->mailbox, match->index, &file, &match->err))
        return false;
    done = read_file(match, &file);
    fd_close(&file.fd);
    match->is_read = done;
    return done;
}

static struct span octets_of(const struct search_match *match, uint64_t start, uint64_t end)
{
    struct span rest = span_skip(match->content, (size_t)start);

    return span_first(rest, (size_t)(end - start));
}

/* A header as people read it: field by field. */
static bool header_has(struct search_match *match, struct span header, const struct search_key *key)
{
    struct cursor at = cursor_of(header);
    struct span name, body;

    buf_clear(&match->decoded);
    while (mime_next_field(&at, &name, &body, NULL)) {
        if (!buf_append_span(&match->decoded, name) || !buf_append_text(&match->decoded, ": "))
            break;
        encoding_put_header(&match->decoded, body);
        if (!buf_append_char(&match->decoded, '\n'))
            break;
    }
    return search_folded_has(match, buf_span(&match->decoded), key);
}

static void undo_transfer_encoding(struct search_match *match, struct span encoding,
                                   struct span body)
{
    buf_clear(&match->decoded);
    if (span_equal_text_nocase(encoding, "base64"))
        encoding_put_base64_decoded(&match->decoded, body);
    else
        encoding_put_quoted_printable_decoded(&match->decoded, body, false);
}

static bool is_encoded(struct span encoding)
{
    return span_equal_text_nocase(encoding, "base64") ||
           span_equal_text_nocase(encoding, "quoted-printable");
}

static bool is_ascii_compatible(struct span charset)
{
    return charset.len == 0 || span_equal_text_nocase(charset, "utf-8") ||
           span_equal_text_nocase(charset, "us-ascii");
}

static bool part_has(struct search_match *match, const struct mime_part *part,
                     const struct search_key *key)
{
    struct span header = octets_of(match, part->header_start, part->body_start);
    struct span text = octets_of(match, part->body_start, part->body_end);
    struct mime_field type =
        mime_parse_field(match->arena, mime_find_field(header, "content-type"), true);
    struct span encoding = span_trim(mime_find_field(header, "content-transfer-encoding"));
    struct span charset = mime_parameter(&type, "charset");
    struct buf utf8 = BUF(match->decoded.limit);
    bool has;

    if (type.value.data != NULL && !span_equal_text_nocase(type.value, "text"))
        return false;
    if (is_encoded(encoding)) {
        undo_transfer_encoding(match, encoding, text);
        text = buf_span(&match->decoded);
    }
    if (!is_ascii_compatible(charset)) {
        encoding_put_utf8(&utf8, charset, text);
        text = buf_span(&utf8);
    }
    has = search_folded_has(match, text, key);
    buf_release(&utf8);
    return has;
}

bool search_text_matches(struct search_match *match, const struct search_key *key)
{
    if (!need_content(match))
        return false;
    for (size_t i = 0; i < match->metadata.part_count; i++) {
        const struct mime_part *part = &match->metadata.parts[i];
        if (part->body_end > match->content.len)
            return false; /* the file became shorter */
        if ((key->kind == SEARCH_TEXT || i > 0) &&
            header_has(match, octets_of(match, part->header_start, part->body_start), key))
            return true;
        if (part->kind == MIME_LEAF && part_has(match, part, key))
            return true;
    }
    return false;
}
