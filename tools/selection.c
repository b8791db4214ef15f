/* Which messages are meant (tools/selection.h). */
#include "lib/base/base.h"

#include "tools/selection.h"

#include "lib/base/checked.h"
#include "lib/base/clock.h"
#include "lib/config/value.h"

#include <fnmatch.h>

enum {
    SELECT_SENDER = 1000,
    SELECT_RECIPIENT,
    SELECT_DOMAIN,
    SELECT_REASON,
    SELECT_QUEUE,
    SELECT_OLDER,
    SELECT_NEWER,
    SELECT_LARGER,
    SELECT_SMALLER,
};

const struct option selection_options[] = {
    {"sender",    required_argument, NULL, SELECT_SENDER   },
    {"recipient", required_argument, NULL, SELECT_RECIPIENT},
    {"domain",    required_argument, NULL, SELECT_DOMAIN   },
    {"reason",    required_argument, NULL, SELECT_REASON   },
    {"queue",     required_argument, NULL, SELECT_QUEUE    },
    {"older",     required_argument, NULL, SELECT_OLDER    },
    {"newer",     required_argument, NULL, SELECT_NEWER    },
    {"larger",    required_argument, NULL, SELECT_LARGER   },
    {"smaller",   required_argument, NULL, SELECT_SMALLER  },
    {"shape",     optional_argument, NULL, SELECTION_SHAPE },
    {NULL,        0,                 NULL, 0               },
};

/* --- what was asked for ----------------------------------------------------------------------------- */

static bool take_reason(struct selection *selection, const char *value, struct error *err)
{
    char why[200];
    int result;

    if (selection->reason == NULL)
        selection->reason = mem_new(regex_t);
    else
        regfree(selection->reason);
    result = regcomp(selection->reason, value, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (result == 0)
        return true;
    (void)regerror(result, selection->reason, why, sizeof(why));
    error_set(err, ERROR_PERMANENT, "bad --reason \"%.100s\": %s", value, why);
    mem_free(selection->reason);
    selection->reason = NULL;
    return false;
}

/* "90s", "2h", "5d"; in seconds without a unit */
static bool take_age(int64_t *age_s, const char *value, struct error *err)
{
    int seconds;

    if (value_time(value, 's', &seconds) && seconds > 0) {
        *age_s = seconds;
        return true;
    }
    error_set(err, ERROR_PERMANENT, "bad age \"%.100s\": a number and s, m, h, d or w", value);
    return false;
}

/* "4096", "100k", "5M", "1G" */
static bool take_size(uint64_t *size, const char *value, struct error *err)
{
    static const char units[] = "kMG";
    size_t digits = strspn(value, "0123456789");
    const char *unit = value[digits] == '\0' ? NULL : strchr(units, value[digits]);
    uint64_t factor = 1;

    for (const char *smaller = units; unit != NULL && smaller <= unit; smaller++)
        factor *= 1024;
    if (span_to_u64(span_of(value, digits), UINT64_MAX, size) && *size > 0 &&
        checked_mul_u64(*size, factor, size) &&
        (value[digits] == '\0' || (unit != NULL && value[digits + 1] == '\0')))
        return true;
    error_set(err, ERROR_PERMANENT, "bad size \"%.100s\": octets, or a number and k, M or G",
              value);
    return false;
}

static bool take_queue(const char **queue, const char *value, struct error *err)
{
    static const char *const queues[] = {"maildrop", "incoming", "active", "deferred", "hold"};

    *queue = value;
    for (size_t i = 0; i < ARRAY_LENGTH(queues); i++)
        if (strcmp(queues[i], value) == 0)
            return true;
    error_set(err, ERROR_PERMANENT,
              "bad --queue \"%.100s\": maildrop, incoming, active, deferred or hold", value);
    return false;
}

bool selection_take(struct selection *selection, int option, const char *value, struct error *err)
{
    error_clear(err);
    if (option < SELECT_SENDER)
        return false;
    selection->is_set = true;
    switch (option) {
    case SELECT_SENDER:
        selection->sender = value;
        return true;
    case SELECT_RECIPIENT:
        selection->recipient = value;
        return true;
    case SELECT_DOMAIN:
        selection->domain = value;
        return true;
    case SELECT_QUEUE:
        return take_queue(&selection->queue, value, err);
    case SELECT_REASON:
        return take_reason(selection, value, err);
    case SELECT_OLDER:
        return take_age(&selection->older_s, value, err);
    case SELECT_NEWER:
        return take_age(&selection->newer_s, value, err);
    case SELECT_LARGER:
        return take_size(&selection->larger, value, err);
    case SELECT_SMALLER:
        return take_size(&selection->smaller, value, err);
    default:
        return false;
    }
}

/* --- does it hold ------------------------------------------------------------------------------------- */

static bool matches(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

/* The null sender is meant by "<>", by "" and by the name that it has in listings. */
static bool has_sender(const char *pattern, const char *sender)
{
    if (sender[0] != '\0')
        return matches(pattern, sender);
    return pattern[0] == '\0' || strcmp(pattern, "<>") == 0 || matches(pattern, "MAILER-DAEMON");
}

/* ".example.org" is what is below it, as in tables. */
static bool has_domain(const char *pattern, const char *address)
{
    const char *at = strrchr(address, '@');

    if (at == NULL)
        return false;
    if (pattern[0] == '.')
        return span_ends_with_nocase(span_text(at + 1), pattern);
    return matches(pattern, at + 1);
}

static bool has_recipient(const struct selection *selection,
                          const struct listing_recipient *recipient)
{
    if (selection->recipient != NULL && !matches(selection->recipient, recipient->address))
        return false;
    if (selection->domain != NULL && !has_domain(selection->domain, recipient->address))
        return false;
    return selection->reason == NULL ||
           regexec(selection->reason, recipient->reason, 0, NULL, 0) == 0;
}

static bool has_age(const struct selection *selection, uint64_t arrival_s)
{
    int64_t age_s = (int64_t)clock_wall().tv_sec - (int64_t)arrival_s;

    return (selection->older_s == 0 || age_s >= selection->older_s) &&
           (selection->newer_s == 0 || age_s < selection->newer_s);
}

bool selection_has(const struct selection *selection, const struct listing_entry *piece)
{
    if ((selection->queue != NULL && strcmp(selection->queue, piece->queue) != 0) ||
        (selection->sender != NULL && !has_sender(selection->sender, piece->sender)) ||
        (selection->larger != 0 && piece->size <= selection->larger) ||
        (selection->smaller != 0 && piece->size >= selection->smaller) ||
        !has_age(selection, piece->arrival_s))
        return false;
    if (selection->recipient == NULL && selection->domain == NULL && selection->reason == NULL)
        return true;
    for (size_t i = 0; i < piece->recipient_count; i++) {
        if (has_recipient(selection, &piece->recipients[i]))
            return true;
    }
    return false;
}

/* --- the filter ---------------------------------------------------------------------------------------- */

/* Keep a piece whose texts are its giver's. */
static void hold(struct selection_filter *filter, const struct listing_entry *piece)
{
    struct listing_entry *kept;

    if (filter->arena == NULL)
        filter->arena = arena_create();
    filter->held = mem_resize(filter->held, filter->held_count + 1, sizeof(*filter->held));
    kept = &filter->held[filter->held_count++];
    *kept = *piece;
    kept->queue = arena_copy(filter->arena, piece->queue);
    kept->queue_id = arena_copy(filter->arena, piece->queue_id);
    kept->sender = arena_copy(filter->arena, piece->sender);
    kept->recipients = arena_array(filter->arena, struct listing_recipient, piece->recipient_count);
    for (size_t i = 0; i < piece->recipient_count; i++) {
        kept->recipients[i].address = arena_copy(filter->arena, piece->recipients[i].address);
        kept->recipients[i].reason = arena_copy(filter->arena, piece->recipients[i].reason);
        kept->recipients[i].original = arena_copy(filter->arena, piece->recipients[i].original);
    }
}

static void forget(struct selection_filter *filter)
{
    filter->held_count = 0;
    if (filter->arena != NULL)
        arena_reset(filter->arena);
}

static bool pass_held(struct selection_filter *filter, struct error *err)
{
    bool good = true;

    for (size_t i = 0; good && i < filter->held_count; i++)
        good = filter->take(filter->context, &filter->held[i], err);
    forget(filter);
    return good;
}

bool selection_filter_take(void *context, const struct listing_entry *piece, struct error *err)
{
    struct selection_filter *filter = context;
    bool good = true;

    if (!filter->is_inside)
        filter->passes = !filter->selection->is_set;
    filter->is_inside = piece->continued;
    if (!filter->passes && selection_has(filter->selection, piece)) {
        filter->passes = true;
        good = pass_held(filter, err);
    }
    if (filter->passes)
        return good && filter->take(filter->context, piece, err);
    if (piece->continued)
        hold(filter, piece);
    else
        forget(filter);
    return true;
}

void selection_filter_release(struct selection_filter *filter)
{
    mem_free(filter->held);
    filter->held = NULL;
    arena_free(&filter->arena);
}
