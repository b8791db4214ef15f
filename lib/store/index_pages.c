/*
 * A look at LMDB's own pages (format 1 of LMDB 0.9, 64 bits), for an index that others may have
 * scribbled on: LMDB follows page numbers, offsets and lengths as they stand, so that a wrong one ends
 * the process. This walks every page that can be reached, without trusting any of it, and tells whether
 * all of them stay within the file. Whether the records in them make sense is asked when they are used.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define META_MAGIC   0xBEEFC0DEU
#define META_VERSION 1
#define NO_PAGE      UINT64_MAX
#define DEPTH_MAX    32 /* of a tree, as LMDB's cursors have it */
#define LOOKS_MAX    100

enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };
enum { NODE_BIG = 1, NODE_TREE = 2, NODE_DUPLICATES = 4 };

struct page {
    uint64_t number;
    uint16_t pad, flags;
    uint16_t lower, upper; /* of an overflow page: the number of pages, 32 bits */
};

struct node {
    uint16_t low, high; /* of the data's length, or of the child's page number */
    uint16_t flags;     /* of a leaf; the page number's bits 32 to 47 of a branch */
    uint16_t key_len;
};

struct tree {
    uint32_t pad; /* of the first tree of a meta page: the size of pages */
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct meta {
    uint32_t magic, version;
    uint64_t address, map_size;
    struct tree free_pages, main;
    uint64_t last_page, transaction;
};

_Static_assert(sizeof(struct page) == 16 && sizeof(struct node) == 8, "LMDB's layout");
_Static_assert(sizeof(struct tree) == 48 && sizeof(struct meta) == 136, "LMDB's layout");

struct walk {
    const unsigned char *map;
    size_t page_size;
    uint64_t pages; /* in the file */
    uint64_t seen;  /* pages that were looked at; more than there are is a loop */
};

static bool is_meta(const unsigned char *octets, uint64_t number, size_t page_size)
{
    struct page page;
    struct meta meta;

    memcpy(&page, octets, sizeof(page));
    memcpy(&meta, octets + sizeof(page), sizeof(meta));
    return page.number == number && (page.flags & PAGE_META) != 0 && meta.magic == META_MAGIC &&
           meta.version == META_VERSION && meta.free_pages.pad == page_size &&
           meta.last_page < UINT32_MAX && (meta.main.flags & ~MDB_REVERSEKEY) == 0 &&
           meta.free_pages.flags == MDB_INTEGERKEY;
}

bool index_header_is_sound(int directory)
{
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *octets = mem_alloc(2 * page_size);
    int fd = openat(directory, "data.mdb", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status = {0};
    bool is_new = fd < 0 && errno == ENOENT, sound;

    if (fd >= 0 && fstat(fd, &status) == 0)
        is_new = S_ISREG(status.st_mode) && status.st_size == 0;
    /* A lock.mdb that is left alone is still that of others, whose data was removed: it would tell us which of
     * their transactions is the last. */
    sound = is_new && faccessat(directory, "lock.mdb", F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    if (fd >= 0 && !is_new)
        sound = S_ISREG(status.st_mode) && pread_all(fd, octets, 2 * page_size, 0) &&
                is_meta(octets, 0, page_size) && is_meta(octets + page_size, 1, page_size);
    fd_close(&fd);
    mem_free(octets);
    return sound;
}

/* --- trees ------------------------------------------------------------------------------------- */

static const unsigned char *page_at(struct walk *walk, uint64_t number, struct page *page_r)
{
    const unsigned char *octets = walk->map + number * walk->page_size;

    if (number < 2 || number >= walk->pages || walk->seen >= walk->pages)
        return NULL;
    walk->seen++;
    memcpy(page_r, octets, sizeof(*page_r));
    return page_r->number == number ? octets : NULL;
}

/* Where the data of a big node is: pages of its own. */
static const unsigned char *overflow_at(struct walk *walk, const unsigned char *reference,
                                        size_t len)
{
    uint64_t number;
    uint32_t count;
    struct page page;
    const unsigned char *octets;

    memcpy(&number, reference, sizeof(number));
    octets = page_at(walk, number, &page);
    if (octets == NULL || (page.flags & PAGE_OVERFLOW) == 0)
        return NULL;
    memcpy(&count, octets + offsetof(struct page, lower), sizeof(count));
    if (count == 0 || count > walk->pages - number ||
        len > (uint64_t)count * walk->page_size - sizeof(page))
        return NULL;
    walk->seen += count - 1;
    return octets + sizeof(page);
}

/* A list of free pages: its length, then page numbers, the highest first. */
static bool is_page_list(const unsigned char *data, size_t len, uint64_t last_page)
{
    uint64_t count, number, previous = UINT64_MAX;

    if (len < sizeof(count))
        return false;
    memcpy(&count, data, sizeof(count));
    if (count > len / sizeof(number) - 1)
        return false;
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&number, data + i * sizeof(number), sizeof(number));
        if (number < 2 || number > last_page || number >= previous)
            return false;
        previous = number;
    }
    return true;
}

/* What the leaves of a tree must hold. */
struct content {
    size_t key_len; /* 0: any */
    bool page_lists, trees;
    uint64_t last_page;
};

static bool walk_tree(struct walk *walk, const struct tree *tree, const struct content *content);

static bool leaf_is_sound(struct walk *walk, const struct node *node, const unsigned char *data,
                          size_t room, const struct content *content)
{
    size_t len = (size_t)node->low | (size_t)node->high << 16;
    struct tree tree;

    if ((node->flags & ~(NODE_BIG | NODE_TREE)) != 0 ||
        (content->key_len != 0 && node->key_len != content->key_len))
        return false;
    if ((node->flags & NODE_BIG) != 0) {
        if ((node->flags & NODE_TREE) != 0 || room < sizeof(uint64_t))
            return false;
        data = overflow_at(walk, data, len);
    } else if (len > room) {
        return false;
    }
    if (data == NULL || (content->page_lists && !is_page_list(data, len, content->last_page)))
        return false;
    if (!content->trees)
        return (node->flags & NODE_TREE) == 0;
    if ((node->flags & NODE_TREE) == 0 || len != sizeof(tree))
        return false;
    memcpy(&tree, data, sizeof(tree));
    return walk_tree(
        walk, &tree,
        &(struct content){.key_len = (tree.flags & MDB_INTEGERKEY) == 0 ? 0 : sizeof(uint64_t)});
}

static bool walk_page(struct walk *walk, uint64_t number, unsigned depth,
                      const struct content *content);

static bool node_is_sound(struct walk *walk, const unsigned char *octets, uint16_t offset,
                          unsigned depth, const struct content *content)
{
    struct node node;
    size_t room;

    if (offset % 2 != 0 || offset > walk->page_size - sizeof(node))
        return false;
    memcpy(&node, octets + offset, sizeof(node));
    room = walk->page_size - offset - sizeof(node);
    if (node.key_len > room)
        return false;
    if (depth > 1)
        return walk_page(
            walk, (uint64_t)node.low | (uint64_t)node.high << 16 | (uint64_t)node.flags << 32,
            depth - 1, content);
    return leaf_is_sound(walk, &node, octets + offset + sizeof(node) + node.key_len,
                         room - node.key_len, content);
}

/* depth 1 is a leaf. The key of a branch's first node is not used and may be empty. */
static bool walk_page(struct walk *walk, uint64_t number, unsigned depth,
                      const struct content *content)
{
    struct page page;
    const unsigned char *octets = page_at(walk, number, &page);
    size_t nodes;

    if (octets == NULL || page.flags != (depth > 1 ? PAGE_BRANCH : PAGE_LEAF) ||
        page.lower < sizeof(page) || page.lower > page.upper || page.upper > walk->page_size)
        return false;
    nodes = (page.lower - sizeof(page)) / sizeof(uint16_t);
    if (nodes < (depth > 1 ? 2U : 1U))
        return false;
    for (size_t i = 0; i < nodes; i++) {
        uint16_t offset;
        memcpy(&offset, octets + sizeof(page) + i * sizeof(offset), sizeof(offset));
        if (offset < page.upper || !node_is_sound(walk, octets, offset, depth, content))
            return false;
    }
    return true;
}

static bool walk_tree(struct walk *walk, const struct tree *tree, const struct content *content)
{
    if ((tree->flags & ~(MDB_INTEGERKEY | MDB_REVERSEKEY)) != 0)
        return false;
    if (tree->root == NO_PAGE)
        return tree->depth == 0;
    return tree->depth >= 1 && tree->depth <= DEPTH_MAX &&
           walk_page(walk, tree->root, tree->depth, content);
}

/* --- the file ---------------------------------------------------------------------------------- */

enum verdict { PAGES_SOUND, PAGES_UNSOUND, PAGES_OVERTAKEN };

/* Overtaken: two newer transactions were committed meanwhile, and nothing tells of this one any more. */
static enum verdict walk_transaction(struct walk *walk, uint64_t transaction)
{
    bool newer = false;
    struct meta meta;

    for (uint64_t number = 0; number < 2; number++) {
        const unsigned char *octets = walk->map + number * walk->page_size;
        memcpy(&meta, octets + sizeof(struct page), sizeof(meta));
        if (!is_meta(octets, number, walk->page_size))
            return PAGES_UNSOUND;
        newer |= meta.transaction > transaction;
        if (meta.transaction != transaction)
            continue;
        return walk_tree(walk, &meta.free_pages,
                         &(struct content){.key_len = sizeof(uint64_t),
                                           .page_lists = true,
                                           .last_page = meta.last_page}) &&
                       walk_tree(walk, &meta.main, &(struct content){.trees = true})
                   ? PAGES_SOUND
                   : PAGES_UNSOUND;
    }
    return newer ? PAGES_OVERTAKEN : PAGES_UNSOUND;
}

/* The transaction keeps others from using its pages again while we look at them. */
static enum verdict look_at_newest(MDB_env *env, int fd)
{
    struct walk walk = {.page_size = (size_t)sysconf(_SC_PAGESIZE)};
    enum verdict verdict = PAGES_UNSOUND;
    struct stat status = {0};
    MDB_txn *txn = NULL;
    void *map = MAP_FAILED;

    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0 && fstat(fd, &status) == 0 &&
        status.st_size > 0)
        map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
        walk.map = map;
        walk.pages = (uint64_t)status.st_size / walk.page_size;
        if (walk.pages >= 2)
            verdict = mdb_txn_id(txn) == 0 ? PAGES_SOUND : walk_transaction(&walk, mdb_txn_id(txn));
        munmap(map, (size_t)status.st_size);
    }
    if (txn != NULL)
        mdb_txn_abort(txn);
    return verdict;
}

/* An index that others are writing to, faster than we can look, is one that they found sound. */
bool index_pages_are_sound(MDB_env *env, int directory)
{
    int fd = openat(directory, "data.mdb", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum verdict verdict = fd < 0 ? PAGES_UNSOUND : PAGES_OVERTAKEN;

    for (unsigned looks = 0; verdict == PAGES_OVERTAKEN && looks < LOOKS_MAX; looks++)
        verdict = look_at_newest(env, fd);
    fd_close(&fd);
    return verdict != PAGES_UNSOUND;
}
