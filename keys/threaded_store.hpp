// SPDX-License-Identifier: Apache-2.0
// A store over a database that blocks: each question waits for it on a thread of the store's and
// comes back to the caller's executor. One shape for both stores; how a database is come by is
// theirs (database_access). What it does is in keys/threaded_queries, which they include.
// Has to be destroyed before its callers' execution context: questions under way are waited for,
// and their answers are handed over there.
#pragma once

#include "keys/store.hpp"
#include "keys/store_troubles.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

/// Who waits for an answer: mail, which has no time, or an administrator or nobody, who have.
enum class urgency { mail, work };

/// One question as far as it matters to how it is asked.
struct errand {
    access way;
    urgency whose;
    std::chrono::steady_clock::time_point begun;
};

/// Calls what is asked with a database, on whichever of the store's threads it is called.
template<class Database>
class database_access {
  public:
    using trouble = typename Database::template result<void>::error_type;
    using query = std::function<std::optional<trouble>(Database&)>;

    virtual ~database_access() = default;
    virtual boost::system::error_code run(const errand& what, const query& asked) = 0;
};

/// A Database has what a store has, with addresses that are spelled as lookup_key does.
template<class Database>
class threaded_store : public store {
  public:
    promised<record> recall(smtp::mailbox address) override;
    promised<void> remember(smtp::mailbox address, record_changes changes) override;
    promised<std::vector<known_address>> browse(std::string domain, std::string after,
                                                std::size_t limit) override;
    promised<void> forget(smtp::mailbox address) override;
    promised<std::size_t> forget_domain(std::string domain) override;
    promised<std::vector<std::string>> due(due_for_refresh which) override;
    promised<std::vector<std::string>> given_to(std::string after, std::size_t limit) override;
    promised<void> put_opt_out(opt_out one) override;
    promised<std::size_t> end_opt_out(std::string name) override;
    promised<std::vector<opt_out>> opt_outs(std::string after, std::size_t limit) override;
    promised<void> prune(std::chrono::sys_seconds before) override;
    promised<lease> take_lease(std::string name, std::chrono::seconds how_long) override;

  protected:
    threaded_store(std::shared_ptr<database_access<Database>> through, std::size_t threads);
    ~threaded_store() override;

  private:
    template<class T, class Query>
    promised<T> ask(access way, urgency whose, Query query);

    std::shared_ptr<database_access<Database>> through_; // questions under way keep it alive
    boost::asio::thread_pool threads_;
};

} // namespace postseal::keys
