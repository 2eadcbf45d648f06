-- Who tells sentiment; without an accepted version the lexicon, which knows English only. Cross-validation
-- calibrates; what decides is the texts that training never saw.

with

evaluations as (

    select * from {{ ref('eval_sentiments') }}
    where split <> 'cross_validation'

),

criteria as (

    select * from {{ ref('model_criteria') }}
    where model_name = 'sentiment'

),

figures as (

    {{ deciding_figures('evaluations', 'criteria') }}

),

accepted as (

    {{ accepted_figures('figures') }}

)

{{ defended_decisions('accepted') }}
