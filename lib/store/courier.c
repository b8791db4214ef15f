/* Courier's control files. */
#include "lib/base/base.h"

#include "lib/store/courier.h"

#include "lib/base/file.h"

#include <dirent.h>
#include <fcntl.h>

#define FILE_MAX       (256U * 1024 * 1024)
#define KEYWORDS_FILE  65536 /* octets of one message's keywords */
#define LIST_NAMES_MAX 1000  /* keywords that :list may name */

static bool read_optional(int directory, const char *name, struct buf *text, struct error *err)
{
    if (file_read(directory, name, text, err))
        return true;
    if (err->number != ENOENT)
        return false;
    error_clear(err);
    return true;
}

static struct span base_of(struct span name)
{
    return span_first(name, span_find(name, ':'));
}

/* --- UIDs -------------------------------------------------------------------------------------- */

bool courier_read_uids(int directory, struct uidlist *list, struct error *err)
{
    buf_clear(&list->text);
    list->text.limit = FILE_MAX;
    if (!read_optional(directory, "courierimapuiddb", &list->text, err))
        return false;
    if (!uidlist_parse(list, buf_span(&list->text)))
        list->uidvalidity = 0;
    list->torn = true; /* it is not the file that we append to */
    return true;
}

/* Courier shows the name of a file when it has no number for it. */
static const char *name_as_uidl(struct span name, struct arena *arena)
{
    struct buf text = BUF(3 * 255 + 2);
    const char *uidl;

    buf_put_char(&text, 'P');
    for (size_t i = 0; i < name.len && i < 255; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 0x21 || c > 0x7e || c == '\'' || c == '"' || c == '+')
            buf_put_printf(&text, "+%02X", c);
        else
            buf_put_char(&text, (char)c);
    }
    uidl = arena_text(arena, buf_span(&text));
    buf_release(&text);
    return uidl;
}

static void parse_uidl(struct span line, struct arena *arena, struct hash *uidls)
{
    size_t space = span_find_last(line, ' ');
    struct span numbers = span_skip(line, space + 1);
    struct span name = span_first(line, span_find_last(span_first(line, space), ' '));
    uint64_t uid, uidvalidity;
    union {
        const char *from;
        void *to;
    } uidl;

    name = base_of(name);
    if (space == line.len || name.len == 0 ||
        !span_to_u64(span_take_until(&numbers, ':'), UINT32_MAX, &uid) ||
        !span_to_u64(span_take_until(&numbers, ':'), UINT32_MAX, &uidvalidity))
        return;
    if (uid == 0)
        uidl.from = name_as_uidl(name, arena);
    else if (uidvalidity == 0)
        uidl.from = arena_printf(arena, "PUID%" PRIu64, uid);
    else
        uidl.from = arena_printf(arena, "PUID%" PRIu64 "-%" PRIu64, uid, uidvalidity);
    hash_put(uidls, name, uidl.to);
}

void courier_parse_uidls(struct span text, struct arena *arena, struct hash *uidls)
{
    struct span header = span_take_until(&text, '\n');

    if (!span_starts_with(header, "/2 ") && !span_starts_with(header, "/3 "))
        return;
    while (text.len > 0)
        parse_uidl(span_take_until(&text, '\n'), arena, uidls);
}

bool courier_read_uidls(int directory, struct arena *arena, struct hash *uidls, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    bool done = read_optional(directory, "courierpop3dsizelist", &text, err);

    if (done)
        courier_parse_uidls(buf_span(&text), arena, uidls);
    buf_release(&text);
    return done;
}

/* --- keywords ---------------------------------------------------------------------------------- */

/* A keyword is an atom: RFC 3501 section 9. */
static bool is_keyword(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~' || strchr("(){%*\"\\]", name.data[i]) != NULL)
            return false;
    }
    return name.len > 0 && name.len <= KEYWORD_LENGTH_MAX;
}

void courier_free_keywords(void *keywords)
{
    struct courier_keywords *k = keywords;

    strlist_release(&k->names);
    mem_free(k);
}

/* The keywords of a file from a source of that rank; NULL when a newer one told them. */
static struct courier_keywords *keywords_of(struct hash *files, struct span base, uint64_t rank)
{
    struct courier_keywords *keywords = hash_get(files, base);

    if (keywords == NULL) {
        keywords = mem_new(struct courier_keywords);
        hash_put(files, base, keywords);
    } else if (keywords->rank > rank) {
        return NULL;
    }
    strlist_clear(&keywords->names);
    keywords->rank = rank;
    return keywords;
}

static void parse_indices(struct span line, const struct strlist *known, struct hash *files)
{
    size_t colon = span_find_last(line, ':');
    struct courier_keywords *keywords = NULL;
    uint64_t index;

    if (colon < line.len && colon > 0)
        keywords = keywords_of(files, base_of(span_first(line, colon)), 0);
    line = span_skip(line, colon + 1);
    while (keywords != NULL && line.len > 0) {
        struct span digits = span_take_word(&line);
        if (span_to_u64(digits, LIST_NAMES_MAX, &index) && index < known->count &&
            is_keyword(span_text(known->items[index])) &&
            !strlist_has(&keywords->names, known->items[index]))
            strlist_add(&keywords->names, known->items[index]);
    }
}

void courier_parse_keywords(struct span text, struct hash *files)
{
    struct strlist known = STRLIST_EMPTY;
    struct span line;

    while (text.len > 0 && (line = span_take_until(&text, '\n')).len > 0 &&
           known.count < LIST_NAMES_MAX)
        strlist_add_span(&known, line);
    while (text.len > 0)
        parse_indices(span_take_until(&text, '\n'), &known, files);
    strlist_release(&known);
}

/* "name" is newer than ".number.name", and that newer than what :list says. */
static struct span rank_of(struct span name, uint64_t *rank_r)
{
    struct span rest = span_skip(name, 1), digits;

    *rank_r = UINT64_MAX;
    if (name.data[0] != '.')
        return name;
    digits = span_take_until(&rest, '.');
    return span_to_u64(digits, UINT32_MAX, rank_r) && rest.len > 0 ? rest : SPAN_EMPTY;
}

static bool read_update(int directory, const char *name, struct hash *files, struct error *err)
{
    struct buf text = BUF(KEYWORDS_FILE);
    uint64_t rank;
    struct span base = rank_of(span_text(name), &rank), rest;
    struct courier_keywords *keywords = NULL;
    bool done = read_optional(directory, name, &text, err);

    if (done && base.len > 0)
        keywords = keywords_of(files, base, rank == UINT64_MAX ? rank : rank + 1);
    rest = buf_span(&text);
    while (keywords != NULL && rest.len > 0) {
        struct span line = span_take_until(&rest, '\n');
        if (is_keyword(line))
            strlist_add_span(&keywords->names, line);
    }
    buf_release(&text);
    return done;
}

static bool read_updates(int fd, struct hash *files, struct error *err)
{
    DIR *entries = fdopendir(fd);
    struct dirent *entry;
    bool done = true;

    if (entries == NULL) {
        error_errno(err, "read courierimapkeywords");
        fd_close(&fd);
        return false;
    }
    while (done && (entry = readdir(entries)) != NULL) {
        if (entry->d_type == DT_REG && strcmp(entry->d_name, ":list") != 0)
            done = read_update(dirfd(entries), entry->d_name, files, err);
    }
    closedir(entries);
    return done;
}

bool courier_read_keywords(int directory, struct hash *files, struct error *err)
{
    int fd = openat(directory, "courierimapkeywords", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct buf text = BUF(FILE_MAX);
    bool done;

    if (fd < 0)
        return true;
    done = read_optional(fd, ":list", &text, err);
    if (done)
        courier_parse_keywords(buf_span(&text), files);
    buf_release(&text);
    if (!done) {
        fd_close(&fd);
        return false;
    }
    return read_updates(fd, files, err);
}

/* --- subscriptions ----------------------------------------------------------------------------- */

void courier_parse_subscriptions(struct span text, struct strlist *names)
{
    while (text.len > 0) {
        struct span line = span_take_until(&text, '\n');
        if (span_starts_with_nocase(line, "INBOX."))
            line = span_skip(line, strlen("INBOX."));
        if (line.len > 0)
            strlist_add_span(names, line);
    }
}
