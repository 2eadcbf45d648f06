-- Labels wait for the extract that tells how their horizon ended, also where nothing had changed.

with

extracts as (

    select * from {{ ref('stg_billing__subscriptions') }}

)

select distinct extract_date
from extracts
