-- Who assigns customers. Rules are the baseline but no version: where no segments are accepted and none are
-- registered, there is no champion, and the rule segments stand alone. What was tried for each number of
-- segments chose one of them; it is no figure of the version.

with

evaluations as (

    select * from {{ ref('eval_segments') }}
    where split like 'customers%'

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'segments'

),

figures as (

    {{ deciding_figures('evaluations', 'criteria') }}

),

accepted as (

    {{ accepted_figures('figures') }}

)

{{ defended_decisions('accepted') }}
