/* Octets to messages, by the table. What a peer sends is refused or fills the struct. */
#include "lib/io/ipc_codec.h"

#include <stdlib.h>

#define FIELDS_MAX 64 /* a word marks those that came */

uint32_t ipc_get_length(const char octets[IPC_LENGTH_SIZE])
{
    const unsigned char *o = (const unsigned char *)octets;

    return (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
}

static void *member(void *object, size_t offset)
{
    return (char *)object + offset;
}

static size_t count_fields(const struct ipc_field *fields)
{
    size_t count = 0;

    while (fields[count].type != IPC_TYPE_END)
        count++;
    ASSERT(count <= FIELDS_MAX);
    return count;
}

struct decoder {
    struct arena *arena;
    struct error *err;
    int depth;
};

static bool malformed(struct error *err, const char *name, const char *what)
{
    error_set(err, ERROR_MALFORMED, "attribute \"%s\" %s", name, what);
    return false;
}

static bool take(struct cursor *at, size_t len, struct span *octets_r)
{
    if (cursor_left(*at) < len)
        return false;
    *octets_r = span_of(at->next, len);
    at->next += len;
    return true;
}

static bool take_name(struct cursor *at, struct span *name_r)
{
    struct span size;

    return take(at, 1, &size) && size.data[0] != 0 && take(at, (unsigned char)size.data[0], name_r);
}

/* Octets with their length before them. */
static bool take_counted(struct cursor *at, struct span *octets_r)
{
    struct span size;

    return take(at, IPC_LENGTH_SIZE, &size) && take(at, ipc_get_length(size.data), octets_r);
}

/* Attributes come in the order of the table as a rule: the search begins behind the last one. */
static const struct ipc_field *find_field(const struct ipc_field *fields, size_t count,
                                          size_t *next, struct span name)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = (*next + i) % count;

        if (span_equal_text(name, fields[at].name)) {
            *next = at + 1;
            return &fields[at];
        }
    }
    return NULL;
}

static bool read_number(struct span value, uint64_t max, uint64_t *number_r)
{
    uint64_t number = 0;

    if (value.len == 0 || value.len > IPC_NUMBER_SIZE || value.data[0] == 0)
        return false;
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | (unsigned char)value.data[i];
    *number_r = number;
    return number <= max;
}

static bool read_text(struct decoder *from, const struct ipc_field *field, struct span value,
                      void *target)
{
    if (value.len > field->max)
        return malformed(from->err, field->name, "is too long");
    if (memchr(value.data, '\0', value.len) != NULL)
        return malformed(from->err, field->name, "holds a NUL");
    *(const char **)target = arena_text(from->arena, value);
    return true;
}

static bool read_octets(struct decoder *from, const struct ipc_field *field, struct span value,
                        void *target)
{
    if (value.len > field->max)
        return malformed(from->err, field->name, "is too long");
    *(struct span *)target = span_of(arena_text(from->arena, value), value.len);
    return true;
}

static bool read_fields(struct decoder *from, struct cursor at, const struct ipc_field *fields,
                        void *object, uint64_t *seen_r);

/* First counted, then allocated: the table's bound stands before any memory is taken. */
static bool count_elements(struct cursor at, uint64_t max, size_t *count_r)
{
    struct span element;

    for (*count_r = 0; !cursor_at_end(at); (*count_r)++) {
        if (*count_r >= max || !take_counted(&at, &element))
            return false;
    }
    return true;
}

static bool read_list(struct decoder *from, const struct ipc_field *field, struct span value,
                      void *object)
{
    struct cursor at = cursor_of(value);
    struct span element;
    uint64_t seen;
    size_t count;
    char *elements;

    if (!count_elements(at, field->max, &count))
        return malformed(from->err, field->name, "is no list within its bound");
    ASSERT(from->depth < IPC_LIST_DEPTH);
    elements = arena_alloc_array(from->arena, count, field->element_size);
    from->depth++;
    for (size_t i = 0; i < count && take_counted(&at, &element); i++) {
        void *place = elements + i * field->element_size;

        ipc_clear(field->element, place);
        if (!read_fields(from, cursor_of(element), field->element, place, &seen))
            return false;
    }
    from->depth--;
    *(void **)member(object, field->offset) = elements;
    *(size_t *)member(object, field->count_offset) = count;
    return true;
}

static bool read_field(struct decoder *from, const struct ipc_field *field, struct span value,
                       void *object)
{
    void *target = member(object, field->offset);
    uint64_t number;

    switch (field->type) {
    case IPC_TYPE_TEXT:
        return read_text(from, field, value, target);
    case IPC_TYPE_OCTETS:
        return read_octets(from, field, value, target);
    case IPC_TYPE_NUMBER:
        if (!read_number(value, field->max, target))
            return malformed(from->err, field->name, "is no number within its bound");
        return true;
    case IPC_TYPE_BOOL:
    case IPC_TYPE_FD:
        if (!read_number(value, 1, &number))
            return malformed(from->err, field->name, "is neither there nor absent");
        if (field->type == IPC_TYPE_BOOL)
            *(bool *)target = true;
        return true;
    case IPC_TYPE_LIST:
        return read_list(from, field, value, object);
    case IPC_TYPE_END:
        break;
    }
    return true;
}

static bool is_strict(void)
{
    static int strict = -1;

    if (strict < 0)
        strict = secure_getenv("BUZON_IPC_STRICT") != NULL;
    return strict != 0;
}

static bool ignore_unknown(struct error *err, struct span name)
{
    if (is_strict())
        error_set(err, ERROR_MALFORMED, "unknown attribute \"%.*s\"", SPAN_PRINTF(name));
    return !is_strict();
}

static bool read_fields(struct decoder *from, struct cursor at, const struct ipc_field *fields,
                        void *object, uint64_t *seen_r)
{
    size_t count = count_fields(fields);
    size_t next = 0;
    struct span name;
    struct span value;

    *seen_r = 0;
    while (!cursor_at_end(at)) {
        const struct ipc_field *field;
        uint64_t bit;

        if (!take_name(&at, &name) || !take_counted(&at, &value)) {
            error_set(from->err, ERROR_MALFORMED, "attribute is cut off");
            return false;
        }
        field = find_field(fields, count, &next, name);
        if (field == NULL) {
            if (!ignore_unknown(from->err, name))
                return false;
            continue;
        }
        bit = UINT64_C(1) << (field - fields);
        if ((*seen_r & bit) != 0)
            return malformed(from->err, field->name, "comes twice");
        *seen_r |= bit;
        if (!read_field(from, field, value, object))
            return false;
    }
    return true;
}

void ipc_clear(const struct ipc_field *fields, void *object)
{
    for (; fields->type != IPC_TYPE_END; fields++) {
        void *target = member(object, fields->offset);

        switch (fields->type) {
        case IPC_TYPE_TEXT:
            *(const char **)target = "";
            break;
        case IPC_TYPE_OCTETS:
            *(struct span *)target = SPAN_EMPTY;
            break;
        case IPC_TYPE_NUMBER:
            *(uint64_t *)target = 0;
            break;
        case IPC_TYPE_BOOL:
            *(bool *)target = false;
            break;
        case IPC_TYPE_FD:
            *(int *)target = -1;
            break;
        case IPC_TYPE_LIST:
            *(void **)target = NULL;
            *(size_t *)member(object, fields->count_offset) = 0;
            break;
        case IPC_TYPE_END:
            break;
        }
    }
}

static bool take_heading(struct cursor *at, struct span *name_r, unsigned *version_r)
{
    struct span version;

    if (!take_name(at, name_r) || !take(at, 2, &version))
        return false;
    *version_r = (unsigned)((unsigned char)version.data[0] << 8 | (unsigned char)version.data[1]);
    return true;
}

bool ipc_decode_name(struct span content, struct span *name_r, struct error *err)
{
    struct cursor at = cursor_of(content);
    unsigned version;

    if (take_heading(&at, name_r, &version))
        return true;
    error_set(err, ERROR_MALFORMED, "message without a name");
    return false;
}

/* Which descriptors the message announces, in the order of the table. */
static void list_descriptors(const struct ipc_message *message, uint64_t seen, void *object,
                             int *fd_members_r[IPC_FDS_MAX], size_t *fd_count_r)
{
    *fd_count_r = 0;
    for (size_t i = 0; message->fields[i].type != IPC_TYPE_END; i++) {
        if (message->fields[i].type != IPC_TYPE_FD || (seen >> i & 1) == 0)
            continue;
        ASSERT(*fd_count_r < IPC_FDS_MAX); /* the table is ours */
        fd_members_r[(*fd_count_r)++] = member(object, message->fields[i].offset);
    }
}

bool ipc_decode(struct span content, const struct ipc_message *message, struct arena *arena,
                void *object_r, int *fd_members_r[IPC_FDS_MAX], size_t *fd_count_r,
                struct error *err)
{
    struct decoder from = {.arena = arena, .err = err};
    struct cursor at = cursor_of(content);
    struct span name;
    unsigned version;
    uint64_t seen;

    if (!take_heading(&at, &name, &version)) {
        error_set(err, ERROR_MALFORMED, "message without a name");
        return false;
    }
    if (!span_equal_text(name, message->name)) {
        error_set(err, ERROR_MALFORMED, "message \"%.*s\" where \"%s\" belongs", SPAN_PRINTF(name),
                  message->name);
        return false;
    }
    if (version > message->version) {
        error_set(err, ERROR_MALFORMED, "message \"%s\" of version %u; %u is the newest known",
                  message->name, version, message->version);
        return false;
    }
    if (!read_fields(&from, at, message->fields, object_r, &seen)) {
        error_prefix(err, "message \"%s\"", message->name);
        return false;
    }
    list_descriptors(message, seen, object_r, fd_members_r, fd_count_r);
    return true;
}
