/* Messages to octets, by the table. */
#include "lib/io/ipc_codec.h"

#define NAME_MAX_OCTETS 255 /* one octet counts it */

void ipc_put_length(char octets_r[IPC_LENGTH_SIZE], size_t len)
{
    ASSERT(len <= UINT32_MAX);
    for (int i = IPC_LENGTH_SIZE - 1; i >= 0; i--, len >>= 8)
        octets_r[i] = (char)(len & 0xff);
}

static const void *member(const void *object, size_t offset)
{
    return (const char *)object + offset;
}

struct encoder {
    struct buf *out;
    struct ipc_descriptors *descriptors;
    struct error *err;
    int depth;
};

static bool too_large(struct encoder *to, const struct ipc_field *field)
{
    error_set(to->err, ERROR_PERMANENT, "%s is larger than %" PRIu64, field->name, field->max);
    return false;
}

static bool too_long(struct encoder *to)
{
    error_set(to->err, ERROR_PERMANENT, "message is larger than %u octets", IPC_FRAME_MAX);
    return false;
}

static bool put(struct encoder *to, const void *data, size_t len)
{
    return buf_append(to->out, data, len) || too_long(to);
}

static bool put_name(struct encoder *to, const char *name)
{
    size_t len = strlen(name);
    char size = (char)len;

    ASSERT(len > 0 && len <= NAME_MAX_OCTETS);
    return put(to, &size, 1) && put(to, name, len);
}

/* Name, length and value, in one piece: there are many of them. */
static bool put_attribute(struct encoder *to, const struct ipc_field *field, struct span value)
{
    size_t name_len = strlen(field->name);
    size_t len = 1 + name_len + IPC_LENGTH_SIZE + value.len;
    char *octets;

    if (value.len == 0)
        return true;
    ASSERT(name_len > 0 && name_len <= NAME_MAX_OCTETS);
    octets = buf_reserve(to->out, len);
    if (octets == NULL)
        return too_long(to);
    octets[0] = (char)name_len;
    memcpy(octets + 1, field->name, name_len);
    ipc_put_length(octets + 1 + name_len, value.len);
    memcpy(octets + 1 + name_len + IPC_LENGTH_SIZE, value.data, value.len);
    buf_commit(to->out, len);
    return true;
}

static bool put_octets(struct encoder *to, const struct ipc_field *field, struct span value)
{
    if (value.len > field->max || value.len > IPC_FRAME_MAX)
        return too_large(to, field);
    return put_attribute(to, field, value);
}

static bool put_number(struct encoder *to, const struct ipc_field *field, uint64_t number)
{
    char octets[IPC_NUMBER_SIZE];
    size_t first = IPC_NUMBER_SIZE;

    if (number > field->max)
        return too_large(to, field);
    for (; number != 0; number >>= 8)
        octets[--first] = (char)(number & 0xff);
    return put_attribute(to, field, span_of(octets + first, IPC_NUMBER_SIZE - first));
}

static bool put_fd(struct encoder *to, const struct ipc_field *field, int fd)
{
    if (fd < 0)
        return true;
    ASSERT(to->depth == 0 && to->descriptors->count < IPC_FDS_MAX);
    to->descriptors->fds[to->descriptors->count++] = fd;
    return put_attribute(to, field, SPAN_LITERAL("\1"));
}

static bool put_fields(struct encoder *to, const struct ipc_field *fields, const void *object);

/* A length is not known before what it counts is there: a hole is left, and filled afterwards. */
static bool open_hole(struct encoder *to, size_t *hole_r)
{
    *hole_r = to->out->len;
    return put(to, "\0\0\0", IPC_LENGTH_SIZE);
}

static void fill_hole(struct encoder *to, size_t hole)
{
    ipc_put_length(to->out->data + hole, to->out->len - hole - IPC_LENGTH_SIZE);
}

static bool put_list(struct encoder *to, const struct ipc_field *field, const void *object)
{
    const char *elements = *(const char *const *)member(object, field->offset);
    size_t count = *(const size_t *)member(object, field->count_offset);
    size_t list;
    size_t hole;

    if (count == 0)
        return true;
    if (count > field->max)
        return too_large(to, field);
    ASSERT(to->depth < IPC_LIST_DEPTH);
    if (!put_name(to, field->name) || !open_hole(to, &list))
        return false;
    to->depth++;
    for (size_t i = 0; i < count; i++) {
        if (!open_hole(to, &hole) ||
            !put_fields(to, field->element, elements + i * field->element_size))
            return false;
        fill_hole(to, hole);
    }
    to->depth--;
    fill_hole(to, list);
    return true;
}

static bool put_field(struct encoder *to, const struct ipc_field *field, const void *object)
{
    const void *value = member(object, field->offset);

    switch (field->type) {
    case IPC_TYPE_TEXT:
        return put_octets(to, field, span_text(*(const char *const *)value));
    case IPC_TYPE_OCTETS:
        return put_octets(to, field, *(const struct span *)value);
    case IPC_TYPE_NUMBER:
        return put_number(to, field, *(const uint64_t *)value);
    case IPC_TYPE_BOOL:
        return put_number(to, field, *(const bool *)value ? 1 : 0);
    case IPC_TYPE_FD:
        return put_fd(to, field, *(const int *)value);
    case IPC_TYPE_LIST:
        return put_list(to, field, object);
    case IPC_TYPE_END:
        break;
    }
    return true;
}

static bool put_fields(struct encoder *to, const struct ipc_field *fields, const void *object)
{
    for (; fields->type != IPC_TYPE_END; fields++) {
        if (!put_field(to, fields, object))
            return false;
    }
    return true;
}

bool ipc_encode(struct buf *out, const struct ipc_message *message, const void *object,
                struct ipc_descriptors *descriptors_r, struct error *err)
{
    struct encoder to = {.out = out, .descriptors = descriptors_r, .err = err};
    char version[2] = {(char)(message->version >> 8), (char)(message->version & 0xff)};
    size_t start = out->len;
    size_t hole;

    descriptors_r->count = 0;
    if (!open_hole(&to, &hole) || !put_name(&to, message->name) ||
        !put(&to, version, sizeof(version)) || !put_fields(&to, message->fields, object)) {
        error_prefix(err, "send message \"%s\"", message->name);
        buf_truncate(out, start);
        return false;
    }
    if (out->len - start > IPC_FRAME_MAX) {
        error_set(err, ERROR_PERMANENT, "message \"%s\" is larger than %u octets", message->name,
                  IPC_FRAME_MAX);
        buf_truncate(out, start);
        return false;
    }
    fill_hole(&to, hole);
    return true;
}
