/*
 * Who of a service's processes is free, and whom it serves. All operations are sequentially consistent: of two processes
 * that are taken at the same time, at least one sees that nobody is left.
 */
#include "lib/base/base.h"

#include "lib/service/scoreboard.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS (SCOREBOARD_SLOTS / 64)
#define PAGE  4096

struct scoreboard {
    atomic_uint_least32_t words; /* that were ever used: nobody is free behind them */
    atomic_bool many;
    _Alignas(64) atomic_uint_least64_t free[WORDS];
    _Alignas(64) atomic_uint_least64_t served[WORDS];
    _Alignas(PAGE) struct {
        atomic_uint_least64_t half[2]; /* of an address, its bits inverted; both 0: no client */
    } clients[SCOREBOARD_SLOTS];       /* pages that the system gives when they are used */
};

_Static_assert(offsetof(struct scoreboard, clients) == PAGE, "all but the clients is one page");

static uint64_t bit_of(unsigned slot)
{
    ASSERT(slot < SCOREBOARD_SLOTS);
    return UINT64_C(1) << (slot % 64);
}

static struct scoreboard *map_board(int fd, struct error *err)
{
    void *page = mmap(NULL, sizeof(struct scoreboard), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (page == MAP_FAILED) {
        error_errno(err, "map a scoreboard");
        return NULL;
    }
    return page;
}

/* The seals keep a process from shrinking the page under the others, which would kill them. */
struct scoreboard *scoreboard_create(int *fd_r, struct error *err)
{
    struct scoreboard *board = NULL;
    int fd = memfd_create("scoreboard", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, sizeof(struct scoreboard)) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        error_errno(err, "make a scoreboard");
    else
        board = map_board(fd, err);
    if (board == NULL)
        fd_close(&fd);
    *fd_r = fd;
    return board;
}

struct scoreboard *scoreboard_attach(int fd, struct error *err)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || status.st_size != (off_t)sizeof(struct scoreboard)) {
        error_set(err, ERROR_PERMANENT, "descriptor %d is no scoreboard", fd);
        return NULL;
    }
    return map_board(fd, err);
}

void scoreboard_detach(struct scoreboard **board)
{
    if (*board != NULL)
        (void)munmap(*board, sizeof(**board));
    *board = NULL;
}

void scoreboard_enter(struct scoreboard *board, unsigned slot)
{
    uint64_t bit = bit_of(slot);

    if (atomic_load(&board->words) < slot / 64 + 1)
        atomic_store(&board->words, slot / 64 + 1);
    atomic_fetch_and(&board->served[slot / 64], ~bit);
    atomic_fetch_or(&board->free[slot / 64], bit);
}

void scoreboard_leave(struct scoreboard *board, unsigned slot)
{
    atomic_fetch_and(&board->free[slot / 64], ~bit_of(slot));
}

static bool nobody_is_free(const struct scoreboard *board)
{
    unsigned words = (unsigned)atomic_load(&board->words);

    for (unsigned i = 0; i < words && i < WORDS; i++) {
        if (atomic_load(&board->free[i]) != 0)
            return false;
    }
    return true;
}

void scoreboard_serve(struct scoreboard *board, unsigned slot)
{
    uint64_t bit = bit_of(slot);

    if ((atomic_load(&board->served[slot / 64]) & bit) == 0)
        atomic_fetch_or(&board->served[slot / 64], bit);
}

bool scoreboard_take(struct scoreboard *board, unsigned slot)
{
    scoreboard_serve(board, slot);
    atomic_fetch_and(&board->free[slot / 64], ~bit_of(slot));
    return nobody_is_free(board);
}

void scoreboard_free(struct scoreboard *board, unsigned slot)
{
    atomic_fetch_or(&board->free[slot / 64], bit_of(slot));
}

/* Of two that meet clients of one address at the same time, at least one sees both. */
unsigned scoreboard_meet(struct scoreboard *board, unsigned slot, const unsigned char address[16])
{
    size_t slots = (size_t)atomic_load(&board->words) * 64;
    uint64_t half[2];
    unsigned count = 0;

    ASSERT(slot < SCOREBOARD_SLOTS);
    memcpy(half, address, sizeof(half));
    for (size_t i = 0; i < ARRAY_LENGTH(half); i++) {
        half[i] = ~half[i]; /* :: is the network of ::1, and all ones are nobody's address */
        atomic_store(&board->clients[slot].half[i], half[i]);
    }
    for (size_t i = 0; i < slots && i < SCOREBOARD_SLOTS; i++) {
        if (atomic_load(&board->clients[i].half[1]) == half[1] &&
            atomic_load(&board->clients[i].half[0]) == half[0])
            count++;
    }
    return count;
}

void scoreboard_part(struct scoreboard *board, unsigned slot)
{
    ASSERT(slot < SCOREBOARD_SLOTS);
    for (size_t i = 0; i < ARRAY_LENGTH(board->clients[slot].half); i++)
        atomic_store(&board->clients[slot].half[i], 0);
}

void scoreboard_say_many(struct scoreboard *board)
{
    atomic_store(&board->many, true);
}

bool scoreboard_has_many(const struct scoreboard *board)
{
    return atomic_load(&board->many);
}

bool scoreboard_is_free(const struct scoreboard *board, unsigned slot)
{
    return (atomic_load(&board->free[slot / 64]) & bit_of(slot)) != 0;
}

bool scoreboard_has_served(const struct scoreboard *board, unsigned slot)
{
    return (atomic_load(&board->served[slot / 64]) & bit_of(slot)) != 0;
}
