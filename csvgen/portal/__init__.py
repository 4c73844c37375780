"""The review room: people review, comment, send back and sign in a browser. A thin door: it calls the verbs the command line calls.

How to add a page, without touching a file that is there:

1. Write `csvgen/portal/pages/NAME.py` with `PAGES = Pages()`; every module of that folder is found by itself.
2. Declare each route once: `@PAGES.get("/runs", may="use", words="all runs", nav="Runs", order=40)` or `@PAGES.post(...)`.
   `may` is a function of the role matrix (`identity/data/functions.yaml`): whoever lacks it is refused, and that is an event. The route
   is in the role table at once, and the tests try it with somebody who may and somebody who may not.
3. The function gets a `Visit` and gives a response: `return visit.page("runs.html", title="Runs", runs=...)`. It runs in a thread.
4. `visit.state` is the project as its files are now; what takes long is kept for as long as they stay: `visit.once("name", make)`.
5. A POST has its fields in `visit.form`; origin and token were checked before. Call a verb of `workflow`, then
   `return visit.go("/runs", "What was done.")`. An error of `csvgen.errors` becomes a page that says where, what and how to mend it.
6. The template extends `visit.layout` (`{% extends layout %}`), writes `{{ form_token() }}` into each form, and holds no script and no style:
   both are refused by the browser. Addresses are made by `url("/runs", id, page=2)`. Everything printed is escaped.
7. Files go out by `visit.file(data, name, media_type)` only. Styles of a page of its own: classes of `static/room.css`.
8. Without JavaScript everything must work; `data-hx-get` and its kin may make it smoother.
"""
