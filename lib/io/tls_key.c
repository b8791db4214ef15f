/*
 * Certificates and private keys from PEM files into a context. The files are read whole, bounded,
 * while privileges last; memory that held a key is wiped.
 */
#include "lib/io/tls_key.h"

#include "lib/base/file.h"
#include "lib/base/strlist.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define PEM_FILE_MAX ((size_t)1024 * 1024)

/* What was read so far: a key and the chain that belongs to it. */
struct chain {
    EVP_PKEY *key;
    X509 *leaf;
    STACK_OF(X509) * others;
};

/* One block of a PEM file. */
struct block {
    char *name;
    char *header;
    unsigned char *data;
    long len;
};

static void release_chain(struct chain *chain)
{
    EVP_PKEY_free(chain->key);
    X509_free(chain->leaf);
    sk_X509_pop_free(chain->others, X509_free);
    *chain = (struct chain){0};
}

static bool use_chain(SSL_CTX *ssl, struct chain *chain, const char *file, struct error *err)
{
    bool done = false;

    if (chain->leaf == NULL)
        error_set(err, ERROR_PERMANENT, "no certificate in %s", file);
    else if (chain->key == NULL)
        error_set(err, ERROR_PERMANENT, "no private key for the certificate in %s", file);
    else if (SSL_CTX_use_cert_and_key(ssl, chain->leaf, chain->key, chain->others, 1) != 1)
        tls_error(err, "certificate and key of %s", file);
    else
        done = true;
    release_chain(chain);
    return done;
}

static bool add_certificate(struct chain *chain, const struct block *block, const char *file,
                            struct error *err)
{
    const unsigned char *next = block->data;
    X509 *certificate = strcmp(block->name, PEM_STRING_X509_TRUSTED) == 0
                            ? d2i_X509_AUX(NULL, &next, block->len)
                            : d2i_X509(NULL, &next, block->len);

    if (certificate == NULL) {
        tls_error(err, "certificate in %s", file);
        return false;
    }
    if (chain->leaf == NULL) {
        chain->leaf = certificate;
        return true;
    }
    if (chain->others == NULL)
        chain->others = sk_X509_new_null();
    if (chain->others == NULL || sk_X509_push(chain->others, certificate) == 0) {
        X509_free(certificate);
        tls_error(err, "certificate in %s", file);
        return false;
    }
    return true;
}

static bool add_key(struct chain *chain, const struct block *block, const char *file,
                    struct error *err)
{
    const unsigned char *next = block->data;

    if (strncmp(block->name, "ENCRYPTED", strlen("ENCRYPTED")) == 0 ||
        strstr(block->header, "ENCRYPTED") != NULL) {
        error_set(err, ERROR_PERMANENT, "private key in %s is encrypted", file);
        return false;
    }
    chain->key = d2i_AutoPrivateKey(NULL, &next, block->len);
    if (chain->key == NULL)
        tls_error(err, "private key in %s", file);
    return chain->key != NULL;
}

static bool is_key(const struct block *block)
{
    struct span name = span_text(block->name);

    return span_ends_with_nocase(name, PEM_STRING_PKCS8INF); /* "PRIVATE KEY", of any kind */
}

static bool is_certificate(const struct block *block)
{
    return strcmp(block->name, PEM_STRING_X509) == 0 ||
           strcmp(block->name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(block->name, PEM_STRING_X509_TRUSTED) == 0;
}

static void release_block(struct block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->data, (size_t)block->len);
    *block = (struct block){0};
}

/* What of a file is wanted. In chain files a second key begins another chain. */
enum { KEYS = 1, CERTIFICATES = 2, CHAINS = 4 };

static bool add_block(SSL_CTX *ssl, struct chain *chain, const struct block *block, int wanted,
                      const char *file, struct error *err)
{
    if (is_certificate(block))
        return (wanted & CERTIFICATES) == 0 || add_certificate(chain, block, file, err);
    if (!is_key(block) || (wanted & KEYS) == 0)
        return true;
    if (chain->key == NULL)
        return add_key(chain, block, file, err);
    if ((wanted & CHAINS) == 0)
        return true; /* the first key is the one */
    return use_chain(ssl, chain, file, err) && add_key(chain, block, file, err);
}

static bool read_blocks(SSL_CTX *ssl, struct chain *chain, BIO *input, int wanted, const char *file,
                        struct error *err)
{
    struct block block = {0};
    bool done = true;

    while (done && PEM_read_bio(input, &block.name, &block.header, &block.data, &block.len) == 1) {
        done = add_block(ssl, chain, &block, wanted, file, err);
        release_block(&block);
    }
    if (!done)
        return false;
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        tls_error(err, "read %s", file);
        return false;
    }
    ERR_clear_error(); /* it only says that no block follows */
    return true;
}

static bool read_file(SSL_CTX *ssl, struct chain *chain, const char *file, int wanted,
                      struct error *err)
{
    struct buf content = BUF(PEM_FILE_MAX);
    bool done = file_read(AT_FDCWD, file, &content, err);

    if (done) {
        BIO *input = BIO_new_mem_buf(content.data, (int)content.len);
        done = input != NULL && read_blocks(ssl, chain, input, wanted, file, err);
        BIO_free(input);
    } else if (err != NULL) {
        err->kind = ERROR_PERMANENT; /* for an administrator to mend */
    }
    OPENSSL_cleanse(content.data, content.capacity);
    buf_release(&content);
    return done;
}

bool tls_key_use_pair(SSL_CTX *ssl, const char *certificate_file, const char *key_file,
                      struct error *err)
{
    struct chain chain = {0};
    bool done = read_file(ssl, &chain, key_file, KEYS, err) &&
                read_file(ssl, &chain, certificate_file, CERTIFICATES, err) &&
                use_chain(ssl, &chain, certificate_file, err);

    release_chain(&chain);
    return done;
}

bool tls_key_use_chains(SSL_CTX *ssl, const char *files, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    struct chain chain = {0};
    bool done = strlist_split_config(&names, files, err);

    for (size_t i = 0; done && i < names.count; i++) {
        done = read_file(ssl, &chain, names.items[i], KEYS | CERTIFICATES | CHAINS, err);
        /* a key alone in its file is for the chain in the next */
        if (done && (chain.leaf != NULL || i + 1 == names.count))
            done = use_chain(ssl, &chain, names.items[i], err);
    }
    release_chain(&chain);
    strlist_release(&names);
    return done;
}
