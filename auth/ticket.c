/* Tickets stand in a hash by their text and in a list by their age; old ones go when new ones come. */
#include "lib/base/base.h"

#include "auth/ticket.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"

#include <sys/random.h>

#define TICKET_OCTETS  32
#define TICKET_LIFE_MS 60000
#define TICKETS_MAX    100000

struct ticket {
    struct ticket *older, *newer;
    struct arena *arena;
    const void *holder;
    int64_t void_after_ms;
    const char *protocol;
    struct auth_account_wire account;
    char text[TICKET_OCTETS * 2 + 1];
};

struct ticket_office {
    struct hash *by_text;
    struct ticket *oldest, *newest;
};

struct ticket_office *ticket_office_create(void)
{
    struct ticket_office *office = mem_new(struct ticket_office);

    office->by_text = hash_create();
    return office;
}

static void destroy(struct ticket_office *office, struct ticket *ticket)
{
    struct arena *arena = ticket->arena;

    hash_remove(office->by_text, span_text(ticket->text));
    if (ticket->older != NULL)
        ticket->older->newer = ticket->newer;
    else
        office->oldest = ticket->newer;
    if (ticket->newer != NULL)
        ticket->newer->older = ticket->older;
    else
        office->newest = ticket->older;
    arena_free(&arena);
}

static void destroy_old(struct ticket_office *office)
{
    int64_t now = clock_monotonic_ms();

    while (office->oldest != NULL &&
           (office->oldest->void_after_ms < now || hash_count(office->by_text) >= TICKETS_MAX))
        destroy(office, office->oldest);
}

static void make_text(char text[TICKET_OCTETS * 2 + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[TICKET_OCTETS];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        log_fatal("no random numbers from the system");
    for (size_t i = 0; i < sizeof(random); i++) {
        text[2 * i] = digits[random[i] >> 4];
        text[2 * i + 1] = digits[random[i] & 15];
    }
    text[TICKET_OCTETS * 2] = '\0';
}

void ticket_describe(struct arena *arena, const struct check_result *account,
                     struct auth_account_wire *wire_r)
{
    *wire_r = (struct auth_account_wire){
        .ok = true,
        .user = arena_copy(arena, account->user),
        .place = place_wire_of(&account->place),
    };
    place_wire_copy(arena, &wire_r->place);
}

const char *ticket_issue(struct ticket_office *office, const void *holder, const char *protocol,
                         const struct check_result *account)
{
    struct arena *arena = arena_create();
    struct ticket *ticket = arena_new(arena, struct ticket);

    destroy_old(office);
    ticket->arena = arena;
    ticket->holder = holder;
    ticket->void_after_ms = clock_monotonic_ms() + TICKET_LIFE_MS;
    ticket->protocol = arena_copy(arena, protocol);
    ticket_describe(arena, account, &ticket->account);
    make_text(ticket->text);
    ticket->older = office->newest;
    if (office->newest != NULL)
        office->newest->newer = ticket;
    else
        office->oldest = ticket;
    office->newest = ticket;
    hash_put(office->by_text, span_text(ticket->text), ticket);
    return ticket->text;
}

bool ticket_redeem(struct ticket_office *office, const char *text, const char *protocol,
                   struct arena *arena, struct auth_account_wire *account_r)
{
    struct ticket *ticket;
    bool is_valid;

    destroy_old(office);
    ticket = hash_get(office->by_text, span_text(text));
    if (ticket == NULL)
        return false;
    is_valid = strcmp(ticket->protocol, protocol) == 0;
    *account_r = ticket->account;
    account_r->user = arena_copy(arena, ticket->account.user);
    place_wire_copy(arena, &account_r->place);
    destroy(office, ticket);
    return is_valid;
}

void ticket_void_all(struct ticket_office *office, const void *holder)
{
    for (struct ticket *ticket = office->oldest, *newer; ticket != NULL; ticket = newer) {
        newer = ticket->newer;
        if (ticket->holder == holder)
            destroy(office, ticket);
    }
}
