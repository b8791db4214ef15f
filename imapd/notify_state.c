/*
 *   state      = count *group count *mailbox count *annotated
 *   group      = filter events items count *name
 *   mailbox    = name bits events messages unseen uidnext uidvalidity modseq guid
 *   bits       = number: 1 it can be selected, 2 it is subscribed
 *   annotated  = is-account name count *(entry digest)
 *
 * Names, items, entries and guid are octets, the others numbers (park_codec.h).
 */
#include "lib/base/base.h"

#include "imapd/notify_state.h"

#include "imapd/park_codec.h"

enum { SELECTABLE = 1, SUBSCRIBED = 2 };

#define ANNOTATIONS_MAX 10000 /* of one mailbox */

/* --- writing ----------------------------------------------------------------------------------- */

static bool put_text(struct buf *out, const char *text)
{
    return park_put_octets(out, span_text(text));
}

static bool put_group(struct buf *out, const struct notify_group *group)
{
    if (!park_put_number(out, group->filter) || !park_put_number(out, group->events) ||
        !park_put_octets(out, group->items) || !park_put_number(out, group->name_count))
        return false;
    for (size_t i = 0; i < group->name_count; i++) {
        if (!park_put_octets(out, group->names[i]))
            return false;
    }
    return true;
}

static bool put_mailbox(struct buf *out, const struct notify_mailbox *mailbox)
{
    const struct store_status *told = &mailbox->told;
    const uint64_t numbers[] = {
        (mailbox->selectable ? SELECTABLE : 0) | (mailbox->subscribed ? SUBSCRIBED : 0),
        mailbox->events,
        told->messages,
        told->unseen,
        told->uidnext,
        told->uidvalidity,
        told->modseq,
    };

    if (!put_text(out, mailbox->name))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (!park_put_number(out, numbers[i]))
            return false;
    }
    return put_text(out, told->guid);
}

static bool put_annotated(struct buf *out, const struct notify_annotated *annotated)
{
    if (!park_put_number(out, annotated->name == NULL) ||
        !put_text(out, annotated->name == NULL ? "" : annotated->name) ||
        !park_put_number(out, annotated->count))
        return false;
    for (size_t i = 0; i < annotated->count; i++) {
        if (!put_text(out, annotated->annotations[i].entry) ||
            !park_put_number(out, annotated->annotations[i].digest))
            return false;
    }
    return true;
}

bool notify_state_write(const struct notify_state *state, struct buf *out)
{
    bool done = park_put_number(out, state->request.group_count);

    for (size_t i = 0; done && i < state->request.group_count; i++)
        done = put_group(out, &state->request.groups[i]);
    done = done && park_put_number(out, state->mailbox_count);
    for (size_t i = 0; done && i < state->mailbox_count; i++)
        done = put_mailbox(out, &state->mailboxes[i]);
    done = done && park_put_number(out, state->annotated_count);
    for (size_t i = 0; done && i < state->annotated_count; i++)
        done = put_annotated(out, &state->annotated[i]);
    return done;
}

/* --- reading ----------------------------------------------------------------------------------- */

/* A text without NUL, and with one behind it. */
static enum parse_result take_text(struct arena *arena, struct cursor *at, const char **text_r)
{
    struct span octets;
    enum parse_result result = park_take_octets(at, &octets);

    if (result != PARSE_DONE)
        return result;
    if (octets.len > 0 && memchr(octets.data, '\0', octets.len) != NULL)
        return PARSE_MALFORMED;
    *text_r = arena_text(arena, octets);
    return PARSE_DONE;
}

/* How many elements come, each of `octets` at least: what is allocated is bounded by what is there. */
static enum parse_result take_count(struct cursor *at, size_t octets, size_t limit, size_t *count_r)
{
    size_t room = cursor_left(*at) / octets;
    uint64_t count;
    enum parse_result result = park_take_number(at, room < limit ? room : limit, &count);

    if (result == PARSE_DONE)
        *count_r = (size_t)count;
    return result;
}

static enum parse_result take_names(struct arena *arena, struct cursor *at,
                                    struct notify_group *group)
{
    enum parse_result result = take_count(at, 1, NOTIFY_NAMES_MAX, &group->name_count);
    struct span *names;

    if (result != PARSE_DONE)
        return result;
    names = arena_array(arena, struct span, group->name_count + 1);
    for (size_t i = 0; i < group->name_count && result == PARSE_DONE; i++) {
        const char *name;
        result = take_text(arena, at, &name);
        if (result == PARSE_DONE)
            names[i] = span_text(name);
    }
    group->names = names;
    return result;
}

static enum parse_result take_group(struct arena *arena, struct cursor *at,
                                    struct notify_group *group)
{
    uint64_t filter, events;
    const char *items;
    enum parse_result result = park_take_number(at, NOTIFY_MAILBOXES, &filter);

    if (result == PARSE_DONE)
        result = park_take_number(at, NOTIFY_UNSUPPORTED - 1, &events);
    if (result == PARSE_DONE)
        result = take_text(arena, at, &items);
    if (result != PARSE_DONE)
        return result;
    group->filter = (enum notify_filter)filter;
    group->events = (unsigned)events;
    group->items = span_text(items);
    return take_names(arena, at, group);
}

static enum parse_result take_mailbox(struct arena *arena, struct cursor *at,
                                      struct notify_mailbox *mailbox)
{
    static const uint64_t limits[] = {SELECTABLE | SUBSCRIBED,
                                      NOTIFY_UNSUPPORTED - 1,
                                      UINT32_MAX,
                                      UINT32_MAX,
                                      UINT32_MAX,
                                      UINT32_MAX,
                                      UINT64_MAX};
    uint64_t numbers[ARRAY_LENGTH(limits)];
    struct span guid;
    enum parse_result result = take_text(arena, at, &mailbox->name);

    for (size_t i = 0; i < ARRAY_LENGTH(limits) && result == PARSE_DONE; i++)
        result = park_take_number(at, limits[i], &numbers[i]);
    if (result == PARSE_DONE)
        result = park_take_octets(at, &guid);
    if (result != PARSE_DONE)
        return result;
    if (guid.len >= sizeof(mailbox->told.guid))
        return PARSE_TOO_BIG;
    mailbox->selectable = (numbers[0] & SELECTABLE) != 0;
    mailbox->subscribed = (numbers[0] & SUBSCRIBED) != 0;
    mailbox->events = (unsigned)numbers[1];
    mailbox->told = (struct store_status){
        .messages = (uint32_t)numbers[2],
        .unseen = (uint32_t)numbers[3],
        .uidnext = (uint32_t)numbers[4],
        .uidvalidity = (uint32_t)numbers[5],
        .modseq = numbers[6],
    };
    memcpy(mailbox->told.guid, guid.data, guid.len);
    return PARSE_DONE;
}

static enum parse_result take_annotations(struct arena *arena, struct cursor *at,
                                          struct notify_annotated *annotated)
{
    enum parse_result result = take_count(at, 2, ANNOTATIONS_MAX, &annotated->count);
    struct notify_annotation *annotations;

    if (result != PARSE_DONE)
        return result;
    annotations = arena_array(arena, struct notify_annotation, annotated->count + 1);
    for (size_t i = 0; i < annotated->count && result == PARSE_DONE; i++) {
        result = take_text(arena, at, &annotations[i].entry);
        if (result == PARSE_DONE)
            result = park_take_number(at, UINT64_MAX, &annotations[i].digest);
    }
    annotated->annotations = annotations;
    return result;
}

static enum parse_result take_annotated(struct arena *arena, struct cursor *at,
                                        struct notify_annotated *annotated)
{
    uint64_t is_account;
    enum parse_result result = park_take_number(at, 1, &is_account);

    if (result == PARSE_DONE)
        result = take_text(arena, at, &annotated->name);
    if (result != PARSE_DONE)
        return result;
    if (is_account != 0)
        annotated->name = NULL;
    return take_annotations(arena, at, annotated);
}

static enum parse_result take_groups(struct arena *arena, struct cursor *at,
                                     struct notify_request *request)
{
    enum parse_result result = take_count(at, 4, NOTIFY_GROUPS_MAX, &request->group_count);

    if (result != PARSE_DONE)
        return result;
    request->groups = arena_array(arena, struct notify_group, request->group_count + 1);
    for (size_t i = 0; i < request->group_count && result == PARSE_DONE; i++)
        result = take_group(arena, at, &request->groups[i]);
    return result;
}

static enum parse_result take_mailboxes(struct arena *arena, struct cursor *at,
                                        struct notify_state *state)
{
    enum parse_result result = take_count(at, 9, SIZE_MAX, &state->mailbox_count);

    if (result != PARSE_DONE)
        return result;
    state->mailboxes = arena_array(arena, struct notify_mailbox, state->mailbox_count + 1);
    for (size_t i = 0; i < state->mailbox_count && result == PARSE_DONE; i++)
        result = take_mailbox(arena, at, &state->mailboxes[i]);
    return result;
}

enum parse_result notify_state_read(struct arena *arena, struct span octets,
                                    struct notify_state *state_r)
{
    struct cursor at = cursor_of(octets);
    struct notify_state state = {0};
    enum parse_result result = take_groups(arena, &at, &state.request);

    if (result == PARSE_DONE)
        result = take_mailboxes(arena, &at, &state);
    if (result == PARSE_DONE)
        result = take_count(&at, 3, SIZE_MAX, &state.annotated_count);
    if (result != PARSE_DONE)
        return result;
    state.annotated = arena_array(arena, struct notify_annotated, state.annotated_count + 1);
    for (size_t i = 0; i < state.annotated_count && result == PARSE_DONE; i++)
        result = take_annotated(arena, &at, &state.annotated[i]);
    if (result == PARSE_DONE && !cursor_at_end(at))
        result = PARSE_MALFORMED;
    if (result == PARSE_DONE)
        *state_r = state;
    return result;
}
