/*
 * Parameters in pieces (RFC 2231 section 3): name*0=one; name*1=two is name=onetwo, and when a piece is
 * encoded (name*0*=utf-8''a) the whole is "name*". Charset and percent signs stay, for whoever shows it.
 */
#include "lib/base/base.h"

#include "lib/base/buf.h"
#include "lib/message/mime.h"

/* The pieces of one parameter, in their order. */
struct pieces {
    struct span name; /* of the parameter: what stands before the first * */
    const struct mime_parameter **pieces;
    size_t count;
    bool encoded; /* one of them */
};

static bool is_encoded(struct span name)
{
    return name.len > 0 && name.data[name.len - 1] == '*';
}

/* The parameter's name, where this is the name of its piece with that number; else data NULL. */
static struct span name_of_piece(struct span name, size_t number)
{
    struct span digits = name;
    struct span base = span_take_until(&digits, '*');
    uint64_t found;

    if (is_encoded(digits))
        digits.len--;
    if (base.len == 0 || digits.len == 0 || (digits.len > 1 && digits.data[0] == '0') ||
        !span_to_u64(digits, number, &found) || found != number)
        return SPAN_EMPTY;
    return base;
}

static const struct mime_parameter *find_piece(const struct mime_field *field, struct span name,
                                               size_t number)
{
    for (size_t i = 0; i < field->parameter_count; i++) {
        struct span whole = field->parameters[i].name;
        if (span_equal_nocase(span_first(whole, name.len), name) &&
            name_of_piece(whole, number).len == name.len)
            return &field->parameters[i];
    }
    return NULL;
}

/* room: for as many as there are parameters */
static struct pieces find_pieces(const struct mime_field *field, struct span name,
                                 const struct mime_parameter **room)
{
    struct pieces found = {name, room, 0, false};
    const struct mime_parameter *piece;

    while (found.count < field->parameter_count &&
           (piece = find_piece(field, name, found.count)) != NULL) {
        found.encoded = found.encoded || is_encoded(piece->name);
        found.pieces[found.count++] = piece;
    }
    return found;
}

static struct mime_parameter join(struct arena *arena, const struct pieces *found)
{
    struct buf value = BUF(BUF_UNLIMITED); /* no more than the field itself, and two */
    struct mime_parameter joined = {
        .name = span_text(
            arena_printf(arena, "%.*s%s", SPAN_PRINTF(found->name), found->encoded ? "*" : "")),
    };

    if (found->encoded && !is_encoded(found->pieces[0]->name))
        buf_put_text(&value, "''"); /* no charset, no language */
    for (size_t i = 0; i < found->count; i++)
        buf_put(&value, found->pieces[i]->value);
    joined.value = span_of(arena_text(arena, buf_span(&value)), value.len);
    buf_release(&value);
    return joined;
}

void mime_join_parameters(struct arena *arena, struct mime_field *field)
{
    size_t count = field->parameter_count, plain = 0, joined_count = 0;
    struct mime_parameter *all, *joined;
    const struct mime_parameter **room;
    bool *used;

    if (count == 0)
        return;
    all = arena_array(arena, struct mime_parameter, count);
    joined = arena_array(arena, struct mime_parameter, count);
    used = arena_array(arena, bool, count);
    room = arena_array(arena, const struct mime_parameter *, count);
    for (size_t i = 0; i < count; i++) {
        struct span name = used[i] ? SPAN_EMPTY : name_of_piece(field->parameters[i].name, 0);
        if (name.data == NULL)
            continue;
        struct pieces found = find_pieces(field, name, room);
        if (found.pieces[0] != &field->parameters[i])
            continue; /* one more first piece */
        for (size_t j = 0; j < found.count; j++)
            used[found.pieces[j] - field->parameters] = true;
        joined[joined_count++] = join(arena, &found);
    }
    for (size_t i = 0; i < count; i++) {
        if (!used[i])
            all[plain++] = field->parameters[i];
    }
    for (size_t i = 0; i < joined_count; i++)
        all[plain + i] = joined[i];
    field->parameters = all;
    field->parameter_count = plain + joined_count;
}
