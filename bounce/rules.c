/* Who is told of what. */
#include "lib/base/base.h"

#include "bounce/rules.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"

static bool has_class(const struct config *config, const char *class)
{
    struct strlist classes = STRLIST_EMPTY;
    bool has;

    strlist_split(&classes, config->notify_classes, ", \t\r\n");
    has = strlist_has_nocase(&classes, class);
    strlist_release(&classes);
    return has;
}

static const char *complete(const struct config *config, struct arena *arena, const char *address)
{
    if (strchr(address, '@') != NULL)
        return address;
    return arena_printf(arena, "%s@%s", address, config->myorigin);
}

/* What bounces from here again is not reported any more. */
static const char *double_bounce(const struct config *config, struct arena *arena)
{
    if (strchr(config->double_bounce_sender, '@') != NULL)
        return config->double_bounce_sender;
    return arena_printf(arena, "%s@%s", config->double_bounce_sender, config->myhostname);
}

/* The postmaster's address for this notice; NULL: he does not want to know. */
static const char *postmaster_of(const struct config *config, const struct notice *notice)
{
    bool is_bounce = notice->sender[0] == '\0';

    switch ((enum notice_kind)notice->kind) {
    case NOTICE_FAILURE:
        if (is_bounce && has_class(config, "2bounce"))
            return config->twobounce_notice_recipient;
        return has_class(config, "bounce") ? config->bounce_notice_recipient : NULL;
    case NOTICE_DELAY:
        return has_class(config, "delay") ? config->delay_notice_recipient : NULL;
    case NOTICE_SUCCESS:
        break;
    }
    return NULL;
}

size_t rules_apply(const struct config *config, struct arena *arena, const struct notice *notice,
                   struct report reports_r[REPORTS_MAX])
{
    const char *postmaster = postmaster_of(config, notice);
    size_t count = 0;

    if (strcasecmp(notice->sender, double_bounce(config, arena)) == 0) {
        log_warning("%s: undeliverable postmaster notification discarded", notice->queue_id);
        return 0;
    }
    if (notice->sender[0] != '\0')
        reports_r[count++] =
            (struct report){.audience = AUDIENCE_SENDER, .sender = "", .recipient = notice->sender};
    if (postmaster != NULL)
        reports_r[count++] = (struct report){
            .audience = AUDIENCE_POSTMASTER,
            .sender = double_bounce(config, arena),
            .recipient = complete(config, arena, postmaster),
        };
    return count;
}
